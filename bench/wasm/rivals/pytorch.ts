import { fileURLToPath } from "node:url";
import { config, type VitSize } from "deit-model";
import { ADAMW_SEMANTICS, AdamW } from "tfjs-optim";
import { median, timeOnce } from "../../measure.ts";
import { type Recorder, rateRow } from "../../report.ts";
import { startRival } from "../../rival-process.ts";
import type { PartOptions } from "../part-options.ts";
import { deitStep } from "../step/deit-step.ts";
import { gigaflops } from "../step/model-flops.ts";
import { enterOurs } from "../which-kernels.ts";

const BATCH = 8;
const SIZES: readonly { name: string; size: VitSize; headDim: number; target: number }[] = [
  { name: "DeiT-Ti/16 224²", size: config.deitTiny, headDim: 64, target: 1.15 },
  { name: "the same with head size 192", size: config.keras, headDim: 192, target: 1.1 },
];

/** The whole training step against PyTorch, native and with AVX, on one thread. */
export async function pytorchRows(recorder: Recorder, options: PartOptions): Promise<void> {
  for (const each of SIZES) await pytorchRow(recorder, options, each);
}

async function pytorchRow(
  recorder: Recorder,
  { quick, ceiling, python }: PartOptions,
  { name, size, headDim, target }: (typeof SIZES)[number],
): Promise<void> {
  const ID = `training step (forward, backward, AdamW), ${name}, batch ${BATCH}`;
  if (python === undefined) {
    recorder.skip(ID, "no --python <interpreter with torch and timm> was given");
    return;
  }
  const torch = await startRival(
    python,
    fileURLToPath(new URL("./pytorch_step.py", import.meta.url)),
    BATCH,
    1,
    headDim,
  );
  if (typeof torch === "string") {
    recorder.skip(ID, torch);
    return;
  }
  try {
    const step = deitStep(size, BATCH);
    const optimizer = new AdamW({ ...ADAMW_SEMANTICS.torch, learningRate: 2.5e-4, weightDecay: 0.05 });
    const train = () => step.forwardBackward((gradients) => optimizer.applyGradients(gradients));
    const ours = { run: train, enter: () => enterOurs() };
    await timeOnce(ours);
    const times: [ours: number[], theirs: number[]] = [[], []];
    for (let round = 0; round < (quick ? 3 : 11); round++) {
      times[0].push(await timeOnce(ours));
      times[1].push(await torch.step());
    }
    const [rate, theirs] = times.map((side) => BATCH / (median(side) / 1e3)) as [number, number];
    const limit = ceiling / gigaflops(size, { backward: true });
    recorder.add(rateRow(ID, rate, theirs, torch.name, "images/s", target, limit));
    optimizer.dispose();
    step.dispose();
  } finally {
    torch.stop();
  }
}
