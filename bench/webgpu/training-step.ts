import * as tf from "@tensorflow/tfjs-core";
import { deit, type VitSize } from "deit-model";
import { ADAMW_SEMANTICS, AdamW, type Batch, Distiller, type Teacher } from "distill-trainer";
import { type GpuWork, meterGpu } from "webgpu-kernels";

const CLASSES = 5;

/** What one step of a distillation asks of the GPU: passes, checks, logs, update; not the teacher. */
export async function workOfStep(size: VitSize, batch: number): Promise<GpuWork> {
  const student = deit({ ...size, classes: CLASSES });
  const optimizer = new AdamW({ ...ADAMW_SEMANTICS.tfa, learningRate: 2.5e-4, weightDecay: 1e-4 });
  makeMoments(optimizer, student.trainableWeights);
  const distiller = new Distiller({ student, teacher: knowItAll(batch) });
  distiller.compile({ optimizer });
  const source = randomImages(size.imageSize as number, batch);
  const meter = meterGpu();
  try {
    await distiller.fitDataset(source, { epochs: 1, microBatchSize: batch });
    return meter.read();
  } finally {
    meter.stop();
    optimizer.dispose();
    student.dispose();
  }
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

/** One batch. */
function randomImages(side: number, batchSize: number) {
  const length = batchSize * side * side * 3;
  const images = Float32Array.from({ length }, (_, i) => 127.5 + 127.5 * Math.sin(i * i));
  const labels = Int32Array.from({ length: batchSize }, (_, i) => i % CLASSES);
  const sampleKeys = Uint32Array.from({ length: batchSize }, (_, i) => i);
  async function* batches(): AsyncGenerator<Batch> {
    yield { images, shape: [batchSize, side, side, 3], labels, sampleKeys };
  }
  return { size: batchSize, batchSize, batches };
}
