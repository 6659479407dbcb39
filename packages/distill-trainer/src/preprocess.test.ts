import * as tf from "@tensorflow/tfjs-core";
import { startBackend } from "tfjs-backends";
import { beforeAll, describe, expect, test } from "vitest";
import { IMAGENET_NORMALIZATION, normalize } from "./index.ts";

describe("normalize", () => {
  beforeAll(() => startBackend("cpu"));

  test("is (x / 255 − mean) / std", () => {
    const [r, g, b] = normalize(IMAGENET_NORMALIZATION)(tf.tensor([255, 0, 51], [1, 1, 1, 3])).dataSync();
    expect(r).toBeCloseTo((1 - 0.485) / 0.229, 5);
    expect(g).toBeCloseTo(-0.456 / 0.224, 5);
    expect(b).toBeCloseTo((0.2 - 0.406) / 0.225, 5);
  });

  test("makes one tensor, and refuses a std of 0", () => {
    const [images, preprocess] = [tf.ones([1, 2, 2, 3]), normalize(IMAGENET_NORMALIZATION)];
    const before = tf.memory().numTensors;
    preprocess(images);
    expect(tf.memory().numTensors - before).toBe(1);
    expect(() => normalize({ mean: [0], std: [0] })).toThrow("normalize: every mean needs a std above 0");
  });
});
