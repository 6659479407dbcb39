// A distilled student and a small BiT with hints, for tests: the module that replicas' threads build it from, too.
import * as tfl from "@tensorflow/tfjs-layers";
import { bit } from "bit-teacher";
import { deit } from "deit-model";
import { startBackend } from "tfjs-backends";
import { ADAMW_SEMANTICS, AdamW, cosine } from "tfjs-optim";
import { arraySource, type DataSource, type ReplicaContext, type Task } from "train-loop";
import {
  FeatureHints,
  type FeatureHintsOptions,
  type LayeredTeacher,
  layersTeacher,
  tokenDistillation,
  toSymmetricRange,
} from "../index.ts";

export const SIDE = 16;
export const CLASSES = 3;

export const studentOf = (): tfl.LayersModel =>
  deit({
    ...{ imageSize: SIDE, patchSize: 4, dim: 12, depth: 3, heads: 2, classes: CLASSES },
    ...{ dropPathRate: 0.3, init: "timm", seed: 1 },
  });

/** Maps of 4×4 and 2×2 at its end: `stages.0.blocks.0.add` and `norm.act`. */
export function bitTeacher(): LayeredTeacher {
  const size = { depths: [1, 1], channels: [16, 32], stemChannels: 8, groups: 4 };
  const model = bit({ ...size, imageSize: SIDE, classes: CLASSES, seed: 2 });
  return layersTeacher(model, { preprocess: toSymmetricRange });
}

/** A CNN with a map of 4×4 and a vector. */
export function cnn(name = "map"): tfl.LayersModel {
  return tfl.sequential({
    layers: [
      tfl.layers.conv2d({ filters: 6, kernelSize: 4, strides: 4, inputShape: [SIDE, SIDE, 3], name }),
      tfl.layers.globalAveragePooling2d({ name: "vector" }),
      tfl.layers.dense({ units: CLASSES, name: "head" }),
    ],
  });
}

/** Twelve striped pictures in batches of 4. */
export function stripes(): DataSource {
  const size = SIDE * SIDE * 3;
  const images = Float32Array.from({ length: 12 * size }, (_, i) => {
    const sample = Math.floor(i / size);
    return 127.5 + 127.5 * Math.sin((i % size) * (0.1 + (sample % CLASSES)) + sample);
  });
  const labels = Array.from({ length: 12 }, (_, i) => i % CLASSES);
  return arraySource({ images, shape: [12, SIDE, SIDE, 3], labels }, { batchSize: 4 });
}

/** A task with hints, and its parts; `dispose` frees the optimizer and the projections. */
export function hinted(options: Partial<FeatureHintsOptions> = {}): {
  readonly student: tfl.LayersModel;
  readonly hints: FeatureHints;
  readonly task: Task;
  readonly optimizer: AdamW;
  readonly dispose: () => void;
} {
  const student = studentOf();
  const teacher = bitTeacher();
  const hints = new FeatureHints({ student, teacher, schedule: "cosine", steps: 9, seed: 3, ...options });
  const task = tokenDistillation({ student, teacher, hints });
  const learningRate = cosine({ base: 1e-2, totalSteps: 9 });
  const optimizer = new AdamW({ ...ADAMW_SEMANTICS.torch, learningRate, weightDecay: 0.05 });
  const dispose = () => {
    optimizer.dispose();
    hints.dispose();
  };
  return { student, hints, task, optimizer, dispose };
}

export default async function setup({ data }: ReplicaContext<"cpu" | "wasm">): Promise<Task> {
  await startBackend(data);
  return hinted().task;
}
