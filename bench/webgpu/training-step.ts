import * as tf from "@tensorflow/tfjs-core";
import { deit, type VitSize } from "deit-model";
import { ADAMW_SEMANTICS, AdamW, type Batch, Distiller, type Teacher } from "distill-trainer";
import { type GpuMeter, type GpuWork, meterGpu } from "webgpu-kernels";

const CLASSES = 5;

/** What the second step of a distillation asks of the GPU (the first one also makes the optimizer's moments). */
export async function workOfStep(size: VitSize, batch: number): Promise<GpuWork> {
  const student = deit({ ...size, classes: CLASSES });
  const optimizer = new AdamW({ ...ADAMW_SEMANTICS.tfa, learningRate: 2.5e-4, weightDecay: 1e-4 });
  const distiller = new Distiller({ student, teacher: knowItAll(batch) });
  distiller.compile({ optimizer });
  let meter: GpuMeter | undefined;
  let work: GpuWork | undefined;
  try {
    await distiller.fitDataset(randomImages(size.imageSize as number, batch), {
      epochs: 1,
      microBatchSize: batch,
      callbacks: {
        onBatchBegin: async (index: number) => {
          if (index === 1) meter = meterGpu();
        },
        onBatchEnd: async (index: number) => {
          if (index === 1) work = meter!.read();
        },
      },
    });
  } finally {
    meter?.stop();
    optimizer.dispose();
    student.dispose();
  }
  return work!;
}

/** A teacher that costs nothing. */
function knowItAll(batch: number): Teacher {
  const logits = Float32Array.from({ length: batch * CLASSES }, (_, i) => Math.sin(i));
  return { classes: CLASSES, logits: () => tf.tensor2d(logits, [batch, CLASSES]) };
}

function randomImages(side: number, batchSize: number) {
  const length = batchSize * side * side * 3;
  const images = Float32Array.from({ length }, (_, i) => 127.5 + 127.5 * Math.sin(i * i));
  const labels = Int32Array.from({ length: batchSize }, (_, i) => i % CLASSES);
  async function* batches(): AsyncGenerator<Batch> {
    for (const step of [0, 1]) {
      const sampleKeys = Uint32Array.from({ length: batchSize }, (_, i) => 1000 * step + i);
      yield { images, shape: [batchSize, side, side, 3], labels, sampleKeys };
    }
  }
  return { size: 2 * batchSize, batchSize, batches };
}
