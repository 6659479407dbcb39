import * as tf from "@tensorflow/tfjs-core";
import { deit, type VitSize } from "deit-model";
import { Distiller, type FitDatasetOptions, type Teacher } from "distill-trainer";
import type { Batch } from "sample-keys";
import { ADAMW_SEMANTICS, AdamW } from "tfjs-optim";
import { type GpuWork, meterGpu } from "webgpu-kernels";

const CLASSES = 5;
/** Steps until all are captured. */
const FIRST = 3;

/** A student in training: passes, checks, logs, update; its teacher costs nothing. */
export interface Training {
  /** Bytes of all weights. */
  readonly weightBytes: number;
  /** Runs that many steps of one micro-batch each; resolves when the GPU has finished. */
  run(steps: number, options?: Partial<FitDatasetOptions>): Promise<void>;
  /** Milliseconds of that many steps, after those in which they are captured. */
  timeOf(steps: number): Promise<number>;
  dispose(): void;
}

/** The model of `size`, about to be trained with batches of `batch` random images. */
export function training(size: VitSize, batch: number): Training {
  const student = deit({ ...size, classes: CLASSES });
  const optimizer = new AdamW({ ...ADAMW_SEMANTICS.tfa, learningRate: 2.5e-4, weightDecay: 1e-4 });
  makeMoments(optimizer, student.trainableWeights);
  const distiller = new Distiller({ student, teacher: knowItAll(batch) });
  distiller.compile({ optimizer });
  const images = randomImages(size.imageSize as number, batch);
  const run: Training["run"] = async (steps, options) => {
    await distiller.fitDataset(times(steps, images), { epochs: 1, microBatchSize: batch, ...options });
  };
  return {
    weightBytes: student.weights.reduce((sum, { shape }) => sum + 4 * shape.reduce((a, b) => a! * b!, 1)!, 0),
    run,
    async timeOf(steps) {
      let [start, end] = [0, 0];
      const onBatchEnd = (index: number): void => {
        if (index === FIRST - 1) start = performance.now();
        end = performance.now();
      };
      await run(FIRST + steps, { callbacks: { onBatchEnd } });
      return end - start;
    },
    dispose() {
      optimizer.dispose();
      student.dispose();
    },
  };
}

/** GPU work of one step: of a training of two steps, less that of one, which has the training's checks of the weights too. */
export async function workOfStep(size: VitSize, batch: number): Promise<GpuWork> {
  const student = training(size, batch);
  const meter = meterGpu();
  const workOf = async (steps: number) => {
    meter.reset();
    await student.run(steps, { capture: false }); // the meter counts what tfjs submits
    return meter.read();
  };
  try {
    return difference(await workOf(2), await workOf(1));
  } finally {
    meter.stop();
    student.dispose();
  }
}

function difference(more: GpuWork, less: GpuWork): GpuWork {
  const programs = [...more.programs].map(
    ([name, count]) => [name, count - (less.programs.get(name) ?? 0)] as const,
  );
  return {
    programs: new Map(programs.filter(([, count]) => count > 0)),
    dispatches: more.dispatches - less.dispatches,
    boundBytes: more.boundBytes - less.boundBytes,
    uploads: more.uploads - less.uploads,
    uploadedBytes: more.uploadedBytes - less.uploadedBytes,
    readBacks: more.readBacks - less.readBacks,
    readBackBytes: more.readBackBytes - less.readBackBytes,
  };
}

/** The step that is counted is not to be the first, which also makes the optimizer's moments. */
function makeMoments(optimizer: AdamW, weights: ReturnType<typeof deit>["trainableWeights"]): void {
  const zeros = weights.map((weight) => ({
    name: (weight.read() as tf.Variable).name,
    tensor: tf.zerosLike(weight.read()),
  }));
  optimizer.applyGradients(zeros);
  tf.dispose(zeros.map(({ tensor }) => tensor));
}

/** A teacher that costs nothing. */
function knowItAll(batch: number): Teacher {
  const logits = Float32Array.from({ length: batch * CLASSES }, (_, i) => Math.sin(i));
  return { classes: CLASSES, logits: () => tf.tensor2d(logits, [batch, CLASSES]) };
}

function randomImages(side: number, count: number): Batch {
  const length = count * side * side * 3;
  const images = Float32Array.from({ length }, (_, i) => 127.5 + 127.5 * Math.sin(i * i));
  const labels = Int32Array.from({ length: count }, (_, i) => i % CLASSES);
  const sampleKeys = Uint32Array.from({ length: count }, (_, i) => i);
  return { images, shape: [count, side, side, 3], labels, sampleKeys };
}

/** An epoch of the same batch again and again. */
function times(steps: number, batch: Batch) {
  const batchSize = batch.labels.length;
  async function* batches(): AsyncGenerator<Batch> {
    for (let step = 0; step < steps; step++) yield batch;
  }
  return { size: steps * batchSize, batchSize, batches };
}
