import { fileURLToPath } from "node:url";
import { config } from "deit-model";
import { ADAMW_SEMANTICS, AdamW } from "tfjs-optim";
import { median, timeOnce } from "../../measure.ts";
import { type Recorder, rateRow } from "../../report.ts";
import { startRival } from "../../rival-process.ts";
import type { PartOptions } from "../part-options.ts";
import { deitStep } from "../step/deit-step.ts";
import { gigaflops } from "../step/model-flops.ts";
import { enterOurs } from "../which-kernels.ts";

const BATCH = 8;
const ID = `training step (forward, backward, AdamW), DeiT-Ti/16 224², batch ${BATCH}`;

/** The whole training step against PyTorch, native and with AVX, on one thread. */
export async function pytorchRow(recorder: Recorder, { quick, ceiling, python }: PartOptions): Promise<void> {
  if (python === undefined) {
    recorder.skip(ID, "no --python <interpreter with torch and timm> was given");
    return;
  }
  const torch = await startRival(python, fileURLToPath(new URL("./pytorch_step.py", import.meta.url)), BATCH);
  if (typeof torch === "string") {
    recorder.skip(ID, torch);
    return;
  }
  try {
    const step = deitStep(config.deitTiny, BATCH);
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
    const limit = ceiling / gigaflops(config.deitTiny, { backward: true });
    recorder.add(rateRow(ID, rate, theirs, torch.name, "images/s", 0.55, limit));
    optimizer.dispose();
    step.dispose();
  } finally {
    torch.stop();
  }
}
