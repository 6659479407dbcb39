// Names that examples use without saying what they are: small ones of the true type, made anew for each example.
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { bit, bitSizes } from "bit-teacher";
import { deit } from "deit-model";
import {
  Classifier,
  classification,
  Distiller,
  type Features,
  layersTeacher,
  type SavedModel,
} from "distill-trainer";
import { SampleStore } from "image-source";
import { imageSource } from "image-source/node";
import { safetensorsBytes } from "safetensors-io";
import { AdamW } from "tfjs-optim";
import { arraySource, type BatchedDataset, type Communicator, type DataSource, fit } from "train-loop";

const SIZE = { imageSize: 8, patchSize: 4, dim: 6, depth: 1, heads: 3, classes: 5 };

/** Ten images of five classes. */
function data(): DataSource {
  const images = Float32Array.from({ length: 10 * 8 * 8 * 3 }, (_, i) => i % 255);
  const labels = [0, 1, 2, 3, 4, 0, 1, 2, 3, 4];
  return arraySource({ images, shape: [10, 8, 8, 3], labels }, { batchSize: 5 });
}

/** A model with one output: logits of five classes. */
function model(): tfl.LayersModel {
  const layers = [tfl.layers.flatten({ inputShape: [8, 8, 3] }), tfl.layers.dense({ units: 5 })];
  return tfl.sequential({ layers });
}

function classifier(): Classifier {
  const it = new Classifier(model());
  it.compile({ optimizer: new AdamW({ learningRate: 1e-3 }) });
  return it;
}

function distiller(): Distiller {
  const it = new Distiller({ student: deit(SIZE), teacher: layersTeacher(model()) });
  it.compile({ optimizer: new AdamW({ learningRate: 1e-3 }) });
  return it;
}

const store = (): SampleStore => {
  const bytes = new SharedArrayBuffer(10 * 12 * 12 * 3);
  const spans = Float64Array.from({ length: 20 }, (_, i) => Math.ceil(i / 2) * 432);
  const keys = Array.from({ length: 10 }, (_, i) => `${i % 5}/${i}`);
  const labels = Int32Array.from({ length: 10 }, (_, i) => i % 5);
  const encoding = { kind: "rgb", width: 12, height: 12 } as const;
  return new SampleStore({ classNames: ["0", "1", "2", "3", "4"], keys, labels, bytes, spans, encoding });
};

/** What an example is not given, as its type: such an example does not run. */
function absent<T>(): T {
  throw new Error("an example runs without it");
}

const tensors = [{ name: "head.bias", shape: [2], data: Float32Array.of(1, 2) }];

/** By package, then by name; `any` for all packages that have no other. */
export const names = {
  any: {
    blob: async () => new Blob([await safetensorsBytes(tensors)]),
    branch: () => tf.ones([2, 8]),
    classifier,
    controller: () => new AbortController(),
    data,
    distiller,
    images: () => tf.zeros([2, 8, 8, 3]),
    model,
    optimizer: () => new AdamW({ learningRate: 1e-3 }),
    pictures: () => async (_epoch: number) => [],
    report:
      () =>
      (..._values: unknown[]) => {},
    source: () => imageSource(store(), { batchSize: 5, imageSize: 8, training: false, viewEpochs: 1 }),
    features: (): Features => ({
      values: new Float32Array(5 * 4),
      width: 4,
      labels: Int32Array.of(0, 1, 2, 3, 4),
    }),
    heldOut: (): Features => ({
      values: new Float32Array(5 * 4),
      width: 4,
      labels: Int32Array.of(0, 1, 2, 3, 4),
    }),
    store,
    communicator: () => absent<Communicator>(),
    student: () => deit(SIZE),
    task: () => classification({ model: model() }),
    teacher: () => layersTeacher(model()),
    train: data,
    trainer: classifier,
    validation: data,
    validationData: data,
    view: () => ({ data: new Float32Array(16 * 16 * 3), width: 16, height: 16 }),
    writer: () => new WritableStream<Uint8Array>().getWriter(),
    x: () => tf.ones([2, 8]),
  },
  "bit-teacher": {
    model: () => bit({ ...bitSizes.tiny, classes: 5 }),
  },
  "distill-trainer": {
    tfn: () => absent<{ node: { loadSavedModel(path: string): Promise<SavedModel> } }>(), // @tensorflow/tfjs-node
  },
  "mpi-communicator": {
    fit: () => fit,
  },
  "train-loop": {
    dataset: () => absent<BatchedDataset>(),
    mpiCommunicator: () => absent<() => Promise<Communicator>>(),
  },
  "webgpu-kernels": {
    AdamW: () => AdamW,
    pixels: () => new Float32Array(128 * 224 * 224 * 3),
    classes: () => new Int32Array(128),
    keys: () => new Uint32Array(128),
  },
  "deit-model": {
    blob: () => absent<Blob>(),
    model: () => deit(SIZE),
  },
};
