// A student with stochastic depth and a teacher, for replicas: the module that their threads build it from, too.
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { deit, vit } from "deit-model";
import { Classifier, Distiller, layersTeacher } from "distill-trainer";
import { startBackend } from "tfjs-backends";
import { ADAMW_SEMANTICS, AdamW, clipByGlobalNorm } from "tfjs-optim";
import type { ReplicaContext, ReplicaModule, Task } from "../index.ts";

export const SIDE = 16;
const VIT = { imageSize: SIDE, patchSize: 4, heads: 2, classes: 5, init: "timm" } as const;
const rate = { learningRate: 1e-3, weightDecay: 0.05 };

/** What a thread of the tests is to do. */
export type Work =
  | { readonly kind: "distill"; readonly backend: "cpu" | "wasm"; readonly alpha?: number }
  | { readonly kind: "nan"; readonly backend: "cpu" | "wasm" }
  | { readonly kind: "topology" }
  | { readonly kind: "batch-norm" }
  /** Fails in the way named, after this many passes of the teacher. */
  | { readonly kind: "throw" | "exit"; readonly after: number };

export const setupOf = (data: Work): ReplicaModule => ({ module: import.meta.url, data });

export function distiller(alpha = 0.4): Distiller {
  const student = deit({ ...VIT, dim: 24, depth: 3, dropPathRate: 0.3, seed: 1 });
  const teacher = vit({ ...VIT, dim: 16, depth: 1, seed: 2 });
  const trainer = new Distiller({ student, teacher: layersTeacher(teacher) });
  const optimizer = new AdamW({ ...ADAMW_SEMANTICS.keras, ...rate });
  const distillation = { kind: "soft", temperature: 2 } as const;
  trainer.compile({ optimizer, gradientTransform: clipByGlobalNorm(1), distillation, alpha });
  return trainer;
}

export function classifierOf(model: tfl.LayersModel): Classifier {
  const classifier = new Classifier(model);
  classifier.compile({ optimizer: tf.train.sgd(0.01), labelSmoothing: 0.1 });
  return classifier;
}

/** With moving averages that no gradient changes. */
export function normalized(): tfl.LayersModel {
  const init = { kernelInitializer: tfl.initializers.glorotUniform({ seed: 3 }) };
  return tfl.sequential({
    layers: [
      tfl.layers.flatten({ inputShape: [SIDE, SIDE, 3] }),
      tfl.layers.dense({ units: 8, ...init }),
      tfl.layers.batchNormalization({}),
      tfl.layers.dense({ units: 5, ...init }),
    ],
  });
}

/** A teacher whose second row is NaN after this many passes. */
function nanAfter(after: number): (images: tf.Tensor) => tf.Tensor {
  let passes = 0;
  return ({ shape }) => {
    const rows = new Float32Array(shape[0]! * 5);
    if (passes++ === after) rows[5] = Number.NaN;
    return tf.tensor2d(rows, [shape[0]!, 5]);
  };
}

export default async function setup({ rank, data, model }: ReplicaContext<Work>): Promise<Task> {
  await startBackend("backend" in data ? data.backend : "wasm");
  if (data.kind === "distill") return distiller(data.alpha).task;
  if (data.kind === "topology") return classifierOf(await model()).task;
  if (data.kind === "batch-norm") return classifierOf(normalized()).task;
  const trainer = distiller();
  const { teacher } = trainer;
  if (data.kind === "nan") {
    Object.defineProperty(teacher, "logits", { value: nanAfter(rank === 2 ? 4 : Number.POSITIVE_INFINITY) });
    return trainer.task;
  }
  const { kind, after } = data;
  let passes = 0;
  const fail = (): void => {
    if (rank !== 2 || passes++ < after) return;
    if (kind === "throw") throw new RangeError("the teacher has left");
    if (kind === "exit") process.exit(3);
  };
  Object.defineProperty(teacher, "logits", {
    value: (images: tf.Tensor) => {
      fail();
      return tf.zeros([images.shape[0]!, 5]);
    },
  });
  return trainer.task;
}
