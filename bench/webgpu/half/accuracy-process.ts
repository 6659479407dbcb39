// Trains a small ViT from one seed in float32 and in mixed_float16, on the same data in the same order, on a WebGPU with half
// precision. A process of its own: tfjs takes one adapter per process. Prints JSON.
import { vit } from "deit-model";
import { classification } from "distill-trainer";
import { proceduralFlowers, splitFlowers } from "flowers-data/node";
import { imageSource } from "image-source/node";
import { startHalfWebGpu } from "test-kit/backends";
import { AdamW } from "tfjs-optim";
import { evaluate, fit } from "train-loop";
import { installWebGpuKernels, type Precision } from "webgpu-kernels";

const SIDE = 32;
const BATCH = 50;
const MODEL = { imageSize: SIDE, patchSize: 8, dim: 48, depth: 2, heads: 2, classes: 5, dropPathRate: 0.1 };

/** The end of a training. */
export interface Outcome {
  /** Mean loss of the last epoch. */
  readonly loss: number;
  /** Of held-out pictures. */
  readonly validationLoss: number;
  readonly accuracy: number;
}

/** What the process prints: the outcomes, or why there are none. */
export type Outcomes = { readonly missing: string } | Readonly<Record<Precision, Outcome>>;

const [seed, epochs, count] = process.argv.slice(2).map(Number) as [number, number, number];
const missing = await startHalfWebGpu();
if (missing !== undefined) {
  console.log(JSON.stringify({ missing }));
  process.exit(0);
}
const store = await proceduralFlowers({ count, size: SIDE, seed: 42 });
const split = splitFlowers(store);

async function trainIn(precision: Precision): Promise<Outcome> {
  installWebGpuKernels({ precision });
  const views = { batchSize: BATCH, imageSize: SIDE, seed };
  const train = imageSource(split.train, { ...views, training: true });
  const validationData = imageSource(split.validation, { ...views, training: false });
  const model = vit({ ...MODEL, seed });
  const optimizer = new AdamW({ learningRate: 1e-3, weightDecay: 0.05 });
  const task = classification({ model });
  try {
    const { history } = await fit(task, optimizer, train, { epochs });
    const { loss, accuracy } = await evaluate(task, validationData);
    return { loss: history.loss!.at(-1) as number, validationLoss: loss!, accuracy: accuracy! };
  } finally {
    await train.close();
    await validationData.close();
    optimizer.dispose();
    model.dispose();
  }
}

const float32 = await trainIn("float32");
console.log(JSON.stringify({ float32, mixed_float16: await trainIn("mixed_float16") }));
process.exit(0);
