import * as tf from "@tensorflow/tfjs-core";
import type { VitSize } from "deit-model";
import { captureStep } from "webgpu-kernels";
import { deitStep } from "../webgpu/deit-step.ts";

const CLASSES = 1000;

/** A model's sides, and the images of a step. */
export type Size = Required<Pick<VitSize, "patchSize" | "dim" | "depth" | "heads">> & {
  readonly imageSize: number;
  readonly batch: number;
};

/** A training step that can be timed. */
export interface TimedStep {
  /** Milliseconds of a step, of so many: each waited for, or all handed over and waited for at the end. */
  time(steps: number, wait: "each" | "last"): Promise<number>;
  dispose(): void;
}

/** A DeiT about to be trained with AdamW, and one batch. */
function training({ batch, ...sides }: Size) {
  const { imageSize } = sides;
  const { take, dispose } = deitStep({ ...sides, classes: CLASSES });
  const given = {
    images: Float32Array.from({ length: batch * imageSize ** 2 * 3 }, (_, i) => Math.sin(i)),
    labels: Int32Array.from({ length: batch }, (_, i) => i % CLASSES),
    sampleKeys: Uint32Array.from({ length: batch }, (_, i) => i),
  };
  const shape = [batch, imageSize, imageSize, 3];
  return { take, given, shape, dispose };
}

/** The step as tfjs runs it, op by op; its images are uploaded each time. */
export function eagerStep(size: Size): TimedStep {
  const { take, given, shape, dispose } = training(size);
  const run = async () => {
    const { loss, norms } = tf.tidy(() =>
      take(tf.tensor(given.images, shape), tf.tensor1d(given.labels, "int32"), given.sampleKeys),
    );
    await loss.data();
    tf.dispose([loss, norms]);
  };
  return { time: (steps, wait) => timed(steps, wait, run), dispose };
}

/** The step, captured; its images are uploaded each time. */
export async function capturedStep(size: Size): Promise<TimedStep> {
  const { take, given, shape, dispose } = training(size);
  const ids = { shape: [size.batch], dtype: "int32" } as const;
  const inputs = { images: { shape }, labels: ids, sampleKeys: ids };
  const step = await captureStep((x) => take(x.images, x.labels, x.sampleKeys), { inputs });
  const run = async () => {
    const { loss } = await step.run(given);
    if (!Number.isFinite(loss![0])) throw new Error(`the loss is ${loss![0]}`);
  };
  return {
    time: (steps, wait) => timed(steps, wait, run),
    dispose() {
      step.dispose();
      dispose();
    },
  };
}

async function timed(steps: number, wait: "each" | "last", run: () => Promise<void>): Promise<number> {
  const start = performance.now();
  const pending: Promise<void>[] = [];
  for (let i = 0; i < steps; i++) {
    pending.push(run());
    if (wait === "each") await pending.at(-1);
  }
  await Promise.all(pending);
  return (performance.now() - start) / steps;
}
