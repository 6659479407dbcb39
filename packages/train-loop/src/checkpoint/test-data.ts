import type * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { vit } from "deit-model";
import { Classifier } from "distill-trainer";
import type { Batch } from "sample-keys";
import { permutation, sampleKey } from "sample-keys";
import {
  ADAMW_SEMANTICS,
  AdamW,
  clipByGlobalNorm,
  cosine,
  emaWarmup,
  ModelEma,
  timmNoDecay,
  variablesOf,
  warmup,
} from "tfjs-optim";
import type { DataSource } from "../data/data-source.ts";
import type { CheckpointStorage, FitOptions } from "../index.ts";

const SIDE = 8;
const PIXELS = SIDE * SIDE * 3;

/** Striped pictures of three classes, in another order in each epoch. */
export function stripes(
  size: number,
  batchSize: number,
  seed: number,
): Required<Omit<DataSource, "sizeOf" | "skips" | "shardsFrom">> {
  const rowsOf = (epoch: number, samples: readonly number[]): Batch => ({
    images: Float32Array.from({ length: samples.length * PIXELS }, (_, i) => {
      const sample = samples[Math.floor(i / PIXELS)]!;
      return 127.5 + 127.5 * Math.sin((i % PIXELS) * (0.1 + (sample % 3)) + sample);
    }),
    shape: [samples.length, SIDE, SIDE, 3],
    labels: Int32Array.from(samples, (sample) => sample % 3),
    sampleKeys: Uint32Array.from(samples, (sample) => sampleKey(seed, epoch, sample)),
  });
  async function* batchesFrom(epoch: number, firstBatch: number): AsyncGenerator<Batch> {
    const order = permutation(size, sampleKey(seed, epoch, 0));
    for (let start = firstBatch * batchSize; start < size; start += batchSize) {
      yield rowsOf(epoch, [...order.subarray(start, start + batchSize)]);
    }
  }
  return { size, batchSize, batches: (epoch) => batchesFrom(epoch, 0), batchesFrom };
}

export const SEED = 5;
export const EPOCHS = 5;
export const STEPS_PER_EPOCH = 12;

/** All of the recipe on a transformer of 2,000 weights, half of whose branches are dropped. */
export function tinyTraining(options: { readonly weightDecay?: number } = {}): {
  readonly model: tfl.LayersModel;
  readonly classifier: Classifier;
  readonly ema: ModelEma;
  readonly optimizer: AdamW;
  readonly fit: (options: Partial<FitOptions>) => Promise<tfl.History>;
} {
  const model = vit({
    ...{ imageSize: SIDE, patchSize: 4, dim: 8, depth: 2, heads: 2, classes: 3 },
    ...{ dropPathRate: 0.5, init: "timm", seed: SEED },
  });
  const ema = new ModelEma(model, { decay: emaWarmup({ decay: 0.99 }) });
  const totalSteps = EPOCHS * STEPS_PER_EPOCH;
  const optimizer = new AdamW({
    ...ADAMW_SEMANTICS.torch,
    learningRate: warmup(cosine({ base: 1e-2, totalSteps }), { steps: 4, from: 1e-4, mode: "replaces" }),
    weightDecay: options.weightDecay ?? 0.05,
    excludeFromDecay: timmNoDecay(model),
  });
  const classifier = new Classifier(model);
  classifier.compile({ optimizer, ema, gradientTransform: clipByGlobalNorm(1), labelSmoothing: 0.1 });
  const source = stripes(STEPS_PER_EPOCH * 4 - 1, 4, SEED);
  const validationData = stripes(12, 6, SEED + 1);
  const fit = (more: Partial<FitOptions>): Promise<tfl.History> =>
    classifier.fitDataset(source, { epochs: EPOCHS, microBatchSize: 3, validationData, ...more });
  return { model, classifier, ema, optimizer, fit };
}

/** Checkpoints in memory. */
export function memoryStorage(): CheckpointStorage & {
  readonly files: Map<string, Uint8Array<ArrayBuffer>>;
} {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  return {
    files,
    list: async () => [...files.keys()],
    read: async (name) => files.get(name)!,
    write: async (name, bytes) => void files.set(name, bytes),
    remove: async (name) => void files.delete(name),
  };
}

/** Every bit of a model and its average. */
export function bitsOf(model: tfl.LayersModel, ema: ModelEma): string {
  const tensors: tf.Tensor[] = [...variablesOf(model), ...ema.weights];
  return tensors.map((x) => new Uint32Array((x.dataSync() as Float32Array).slice().buffer).join()).join();
}
