// A student with stochastic depth that learns from labels and a teacher, for tests: the module that replicas' threads build it from, too.
import * as tfl from "@tensorflow/tfjs-layers";
import { deit, vit } from "deit-model";
import { startBackend } from "tfjs-backends";
import { ADAMW_SEMANTICS, AdamW } from "tfjs-optim";
import { arraySource, type DataSource, type ReplicaContext, type Task } from "train-loop";
import { layersTeacher, tokenDistillation } from "../index.ts";

export const SIDE = 8;
export const CLASSES = 3;
const SIZE = SIDE * SIDE * 3;
const VIT = { imageSize: SIDE, patchSize: 4, heads: 2, classes: CLASSES, init: "timm" } as const;

export const studentOf = (dropPathRate = 0.3): tfl.LayersModel =>
  deit({ ...VIT, dim: 12, depth: 2, dropPathRate, seed: 1 });

export const teacherOf = () => layersTeacher(vit({ ...VIT, dim: 8, depth: 1, seed: 2 }));

/** A student without a distillation token. */
export const oneHead = (): tfl.LayersModel => vit({ ...VIT, dim: 12, depth: 2, seed: 1 });

/** A convolutional teacher with a layer of maps. */
export const cnnTeacher = () =>
  layersTeacher(
    tfl.sequential({
      layers: [
        tfl.layers.conv2d({
          filters: 4,
          kernelSize: 4,
          strides: 4,
          inputShape: [SIDE, SIDE, 3],
          name: "map",
        }),
        tfl.layers.globalAveragePooling2d({}),
        tfl.layers.dense({ units: CLASSES }),
      ],
    }),
  );

export const taskOf = (student = studentOf()): Task =>
  tokenDistillation({
    ...{ student, teacher: teacherOf(), distillation: { kind: "soft", temperature: 2 }, alpha: 0.4 },
  });

export const adamW = (): AdamW =>
  new AdamW({ ...ADAMW_SEMANTICS.torch, learningRate: 1e-2, weightDecay: 0.05 });

/** Pictures with these labels, in batches of 8; −1: without one. */
export function pictures(labels: readonly number[]): DataSource {
  const images = Float32Array.from(
    { length: labels.length * SIZE },
    (_, i) => 127.5 + 127.5 * Math.sin(i * 0.7),
  );
  return arraySource({ images, shape: [labels.length, SIDE, SIDE, 3], labels }, { batchSize: 8, seed: 5 });
}

/** Labels of 24 pictures, eight of them labeled, some in each batch of the first epochs. */
export const SOME: readonly number[] = Array.from({ length: 24 }, (_, i) =>
  i % 3 === 1 ? ((i * 2) % 7) % CLASSES : -1,
);

export default async function setup({ data }: ReplicaContext<"cpu" | "wasm">): Promise<Task> {
  await startBackend(data);
  return taskOf();
}
