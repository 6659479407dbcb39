import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { averageHeads, deit, vit } from "deit-model";
import { BACKENDS } from "test-kit/backends";
import { startBackend } from "tfjs-backends";
import { beforeAll, describe, expect, test } from "vitest";
import { featureModel, knnProbe } from "../index.ts";

const golden = JSON.parse(
  readFileSync(new URL("../../fixtures/after-training.json", import.meta.url), "utf8"),
);
const { width, neighbors } = golden;
const features = {
  values: Float32Array.from(golden.rows as number[]),
  width,
  labels: Int32Array.from(golden.own as number[]),
};
const heldOut = {
  values: Float32Array.from(golden.queries as number[]),
  width,
  labels: Int32Array.from(golden.asked as number[]),
};
const share = (predicted: number[], labels: Int32Array) =>
  predicted.filter((one, i) => one === labels[i]).length / labels.length;

describe("nearest neighbors predict what is predicted by", () => {
  test.each([
    ["dino", 0.07],
    ["sklearn", Number.POSITIVE_INFINITY],
  ])("%s", (library, temperature) => {
    const { heldOut: expected, leaveOneOut } = golden[library];
    const options = { neighbors, temperature };
    const held = knnProbe(features, { ...options, heldOut });
    expect([...held.predicted]).toEqual(expected);
    expect(held.accuracy).toBe(share(expected, heldOut.labels));
    const left = knnProbe(features, options);
    expect([...left.predicted]).toEqual(leaveOneOut);
    expect(left.accuracy).toBe(share(leaveOneOut, features.labels));
  });
});

test("neighbors are refused that do not fit, by name", () => {
  expect(() => knnProbe(features, { neighbors: 120 })).toThrow(
    "knnProbe: neighbors must be at most the 119 rows that vote, got 120",
  );
  expect(() => knnProbe(features, { heldOut: { ...heldOut, width: 4 } })).toThrow(
    "knnProbe: heldOut must have width 8, got 4",
  );
  const zeros = { ...features, values: features.values.map((value, i) => (i >= 16 && i < 24 ? 0 : value)) };
  expect(() => knnProbe(zeros)).toThrow("rows of features must be finite and not all zeros, got row 2");
});

describe.each(BACKENDS)("features of a model, on %s", (backend) => {
  beforeAll(() => startBackend(backend));
  const shape = { imageSize: 8, patchSize: 4, dim: 6, depth: 1, heads: 3, seed: 3 };
  const numbers = (model: tfl.LayersModel, images: tf.Tensor) =>
    [model.predict(images)].flat().map((one) => [...one.dataSync()]);

  test("of a ViT are those of the same ViT without classes", () => {
    const images = tf.randomUniform([2, 8, 8, 3], 0, 1, "float32", 1);
    const classifier = vit({ ...shape, classes: 5 });
    const bare = vit({ ...shape, classes: 0 });
    bare.setWeights(classifier.getWeights().slice(0, bare.weights.length));
    expect(numbers(featureModel(classifier), images)).toEqual(numbers(bare, images));
  });

  test("of averaged heads are the mean of both tokens", () => {
    const images = tf.randomUniform([2, 8, 8, 3], 0, 1, "float32", 1);
    const student = deit({ ...shape, classes: 5 });
    const bare = deit({ ...shape, classes: 0 });
    bare.setWeights(student.getWeights().slice(0, bare.weights.length));
    const [one, two] = numbers(bare, images);
    const mean = one!.map((value, i) => (value + two![i]!) / 2);
    const [found] = numbers(featureModel(averageHeads(student)), images);
    for (const [i, value] of found!.entries()) expect(value).toBeCloseTo(mean[i]!, 6);
  });

  test("of a named layer are the mean over its places", () => {
    const model = tfl.sequential({
      layers: [
        tfl.layers.conv2d({
          inputShape: [4, 4, 3],
          filters: 2,
          kernelSize: 3,
          kernelInitializer: "ones",
          name: "conv",
        }),
        tfl.layers.flatten({}),
        tfl.layers.dense({ units: 5, name: "answers" }),
        tfl.layers.activation({ activation: "softmax" }),
      ],
    });
    const images = tf.ones([1, 4, 4, 3]);
    expect(numbers(featureModel(model, { layer: "conv" }), images)).toEqual([[27, 27]]);
    expect(numbers(featureModel(model), images)).toEqual([new Array(8).fill(27)]); // before the dense layer
    expect(() => featureModel(model, { layer: "cov" })).toThrow(
      "featureModel: the model must have a layer 'cov', got conv, ",
    );
    expect(() => featureModel(deit({ ...shape, classes: 5 }))).toThrow("must have one output, got 2");
  });
});
