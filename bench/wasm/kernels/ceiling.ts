// The register-only loop is not a kernel: a module of its own, built beside the package's.
import { base64 as wide } from "../../../packages/wasm-kernels/bench/peak-256.generated.ts";
import { base64 as relaxedSimd } from "../../../packages/wasm-kernels/bench/peak-relaxed-simd.generated.ts";
import { base64 as simd } from "../../../packages/wasm-kernels/bench/peak-simd.generated.ts";
import { type Build, bestBuild } from "../../../packages/wasm-kernels/src/side-module.ts";
import { mergingCompiler, wideModule } from "../../../packages/wasm-kernels/src/wide/wide-module.ts";
import { interleavedTimes, median, repeatsFor } from "../../measure.ts";
import { type Recorder, rateRow } from "../../report.ts";
import { withMatMuls } from "../which-kernels.ts";
import { megaflops, productName, runnable } from "./product.ts";

const PRODUCT = { batch: 1, m: 1584, n: 768, k: 192, transposeA: false, transposeB: false };
/** Rounds of `peak`, each of 12 multiply-adds on 4 lanes. */
const ROUNDS = 2_000_000;
/** MFLOP of one call of {@link peakLoop}; divided by milliseconds it is GFLOP/s. */
export const PEAK_MEGAFLOPS = (2 * 12 * 4 * ROUNDS) / 1e6;

/** Runs the register-only loop of a build once: {@link PEAK_MEGAFLOPS}. */
export function peakLoop(build: Build): () => void {
  const module = new WebAssembly.Module(Buffer.from(build === "simd" ? simd : relaxedSimd, "base64"));
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 65536 }); // imported, not touched
  const { peak } = new WebAssembly.Instance(module, { env: { memory } }).exports;
  return () => void (peak as (rounds: number) => number)(ROUNDS);
}

/** The same for the 256-bit build, {@link PEAK_MEGAFLOPS} in half the rounds, or `undefined` where it does not run. */
function widePeakLoop(): (() => void) | undefined {
  const compile = mergingCompiler();
  if (typeof compile === "string" || wideModule().module === undefined) return undefined;
  const memory = new WebAssembly.Memory({ initial: 4, maximum: 65536 });
  const { peak_256: peak } = new WebAssembly.Instance(compile(Buffer.from(wide, "base64")), {
    env: { memory },
  }).exports;
  const at = 128 * 1024;
  return () => {
    new Float32Array(memory.buffer, at, 96).fill(0.001, 1)[0] = 0.999;
    (peak as (rounds: number, memory: number) => void)(ROUNDS / 2, at);
  };
}

/**
 * The packed product against multiply-adds on registers alone, in turn.
 *
 * @returns GFLOP/s of the latter's fastest round: what one core can do here.
 */
export async function ceilingRow(recorder: Recorder, quick: boolean): Promise<number> {
  const peak = widePeakLoop() ?? peakLoop(bestBuild());
  const times = await withMatMuls(async (kernels) => {
    const { ours, dispose } = runnable(PRODUCT, kernels);
    repeatsFor(ours, 50);
    peak();
    const sides = [{ run: ours }, { run: peak }];
    const all = await interleavedTimes(sides, { rounds: quick ? 15 : 41 });
    dispose();
    return all as [number[], number[]];
  });
  const product = megaflops(PRODUCT) / median(times[0]);
  const ceiling = PEAK_MEGAFLOPS / median(times[1]);
  // What the machine can do at most is what it did in the loop's fastest round.
  const limit = PEAK_MEGAFLOPS / Math.min(...times[1]);
  const id = `product ${productName(PRODUCT)} against the ceiling`;
  recorder.add(rateRow(id, product, ceiling, "multiply-adds on registers", "GFLOP/s", 0.85, limit));
  return limit;
}
