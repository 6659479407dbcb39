import { loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { config } from "deit-model";
import { startBackend } from "tfjs-backends";
import { ADAMW_SEMANTICS, AdamW } from "tfjs-optim";
import { median, timeOnce } from "../measure.ts";
import { type Recorder, rateRow, type SuiteOptions } from "../report.ts";
import { startRival } from "../rival-process.ts";
import { deitStep } from "../wasm/step/deit-step.ts";

const BATCH = 16;
const TARGET = 0.9;
const SCRIPT = fileURLToPath(new URL("./keras_step.py", import.meta.url));
const SIZES = [
  [
    `training step (forward, backward, AdamW), DeiT-Ti/16 224², head size 64, batch ${BATCH}`,
    config.deitTiny,
    64,
  ],
  [`the same with head size 192 (the Keras example)`, config.keras, 192],
] as const;

/** The whole training step on the backend `tensorflow` against Keras 3, both with TensorFlow on all cores. */
export async function kerasRows(recorder: Recorder, { quick, python }: SuiteOptions): Promise<void> {
  const skipAll = (why: string): void => {
    for (const [id] of SIZES) recorder.skip(id, why);
  };
  if (python === undefined) return skipAll("no --python <interpreter with tensorflow> was given");
  const backend = await startBackend("tensorflow").catch((error: Error) => error.message);
  if (typeof backend === "string") return skipAll(backend);
  recorder.build = backend.detail;
  recorder.note(
    `Load average as the run began: ${loadavg()[0]!.toFixed(1)}. Both sides use all cores, in turn, in processes of their own.`,
  );
  for (const [id, size, headSize] of SIZES) {
    const keras = await startRival(python, SCRIPT, BATCH, headSize);
    if (typeof keras === "string") {
      recorder.skip(id, keras);
      continue;
    }
    const step = deitStep(size, BATCH);
    const optimizer = new AdamW({ ...ADAMW_SEMANTICS.keras, learningRate: 2.5e-4, weightDecay: 0.05 });
    const ours = { run: () => step.forwardBackward((gradients) => optimizer.applyGradients(gradients)) };
    const times: [ours: number[], theirs: number[]] = [[], []];
    try {
      await timeOnce(ours);
      for (let round = 0; round < (quick ? 5 : 15); round++) {
        times[0].push(await timeOnce(ours));
        times[1].push(await keras.step());
      }
    } finally {
      keras.stop();
      optimizer.dispose();
      step.dispose();
    }
    const [rate, theirs] = times.map((side) => BATCH / (median(side) / 1e3)) as [number, number];
    recorder.add(rateRow(id, rate, theirs, keras.name, "images/s", TARGET));
  }
}
