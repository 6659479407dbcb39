import { config } from "deit-model";
import { type Build, installWasmKernels } from "wasm-kernels";
import { interleaved, interleavedTimes } from "../../measure.ts";
import { type Recorder, rateRow } from "../../report.ts";
import { PEAK_MEGAFLOPS, peakLoop } from "../kernels/ceiling.ts";
import type { PartOptions } from "../part-options.ts";
import { enterOurs } from "../which-kernels.ts";
import { deitStep } from "./deit-step.ts";
import { gigaflops } from "./model-flops.ts";

const BATCH = 8;
const ID = "relaxed-simd build over simd build, forward + backward";

/** Gain of fused multiply-add end to end, where the engine has it. */
export async function buildsRow(recorder: Recorder, { quick, ceiling }: PartOptions): Promise<void> {
  if (!recorder.build.startsWith("relaxed-simd")) {
    recorder.skip(ID, `Node ${process.version} has no relaxed SIMD: it takes Node 22 or later`);
    return;
  }
  const step = deitStep(config.deitTiny, BATCH);
  const side = (build: Build) => ({ run: () => step.forwardBackward(), enter: () => enterOurs({ build }) });
  const sides = [side("relaxed-simd"), side("simd")];
  await interleaved(sides, { rounds: 1 });
  const [relaxed, simd] = await interleaved(sides, { rounds: quick ? 3 : 11 });
  const rates = [BATCH / (relaxed! / 1e3), BATCH / (simd! / 1e3)] as const;
  const limit = ceiling / gigaflops(config.deitTiny, { backward: true });
  recorder.add(rateRow(ID, ...rates, "our simd build", "images/s", 1.15, limit));
  step.dispose();

  const loops = [{ run: peakLoop("relaxed-simd") }, { run: peakLoop("simd") }];
  await interleaved(loops, { rounds: 1 });
  const times = await interleavedTimes(loops, { rounds: quick ? 15 : 41 });
  const [fused, apart] = times.map((ms) => PEAK_MEGAFLOPS / Math.min(...ms)) as [number, number];
  const id = "multiply-adds on registers, relaxed-simd over simd: what fusing them can gain here";
  recorder.add(rateRow(id, fused, apart, "our simd build", "GFLOP/s", null));
}

/** Gain of 256-bit vectors end to end, where the engine merges operations. */
export async function wideRow(recorder: Recorder, { quick, ceiling }: PartOptions): Promise<void> {
  const id = "256 bits over 128 bits, forward + backward";
  const { bits, why, uninstall } = installWasmKernels();
  uninstall();
  if (bits === 128) {
    recorder.skip(id, why ?? "");
    return;
  }
  const step = deitStep(config.deitTiny, BATCH);
  const side = (wide: "on" | "off") => ({
    run: () => step.forwardBackward(),
    enter: () => enterOurs({ wide }),
  });
  const sides = [side("on"), side("off")];
  await interleaved(sides, { rounds: 1 });
  const [wide, narrow] = await interleaved(sides, { rounds: quick ? 3 : 11 });
  const rates = [BATCH / (wide! / 1e3), BATCH / (narrow! / 1e3)] as const;
  const limit = ceiling / gigaflops(config.deitTiny, { backward: true });
  recorder.add(rateRow(id, ...rates, "our 128-bit build", "images/s", null, limit));
  step.dispose();
}

/** The build that is chosen here by default, and its bits. */
export function chosenBuild(): string {
  const { build, bits, uninstall } = installWasmKernels();
  uninstall();
  return `${build}, ${bits} bits`;
}
