import * as tf from "@tensorflow/tfjs-core";
import { BACKENDS } from "test-kit/backends";
import { startBackend } from "tfjs-backends";
import { beforeAll, describe, expect, test } from "vitest";
import { averageViews, type TestViews } from "../index.ts";

/** A model whose first logit is the red of its top left pixel. */
const seen: number[][] = [];
const corner = {
  classes: 2,
  logits: (images: tf.Tensor) => {
    const red = tf.tidy(() => [...tf.slice(images, [0, 0, 0, 0], [-1, 1, 1, 1]).dataSync()]);
    seen.push(red);
    return tf.tensor2d(red.map((value) => [value, 0]));
  },
};
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

describe.each(BACKENDS)("averageViews on %s", (backend) => {
  beforeAll(() => startBackend(backend));
  /** 4 × 4 pixels whose red is their number in reading order, over 10; the second picture's is negative. */
  const pictures = () => {
    const values = Array.from({ length: 16 * 3 }, (_, i) => (i % 3 === 0 ? i / 30 : 0));
    return tf.tensor4d([...values, ...values.map((value) => -value)], [2, 4, 4, 3]);
  };
  const mean = (reds: number[], sign = 1) =>
    reds.reduce((sum, red) => sum + sigmoid((sign * red) / 10), 0) / reds.length;

  test.each<[TestViews, number[]]>([
    ["flip", [5, 6]], // the middle of 2 × 2 pixels; mirrored, its second column is the first
    ["five", [0, 2, 8, 10, 5]],
    ["ten", [0, 2, 8, 10, 5, 1, 3, 9, 11, 6]],
  ])("%s is the mean of the probabilities of these views", async (views, reds) => {
    seen.length = 0;
    const images = pictures();
    const before = tf.memory().numTensors;
    const logits = await averageViews(corner, { views, size: 2 }).logits(images);
    expect(tf.memory().numTensors).toBe(before + 1);
    expect(seen.map(([red]) => Math.round(10 * red!))).toEqual(reds);
    const shares = tf.softmax(logits).dataSync();
    for (const [i, sign] of [1, -1].entries()) {
      expect(shares[2 * i]).toBeCloseTo(mean(reds, sign), 6);
      expect(shares[2 * i + 1]).toBeCloseTo(1 - mean(reds, sign), 6);
    }
  });

  test("takes crops that are no squares", async () => {
    seen.length = 0;
    await averageViews(corner, { views: "ten", size: [3, 2] }).logits(pictures());
    expect(seen.map(([red]) => Math.round(10 * red!))).toEqual([0, 2, 4, 6, 5, 1, 3, 5, 7, 6]);
    await expect(averageViews(corner, { views: "flip", size: [5, 2] }).logits(pictures())).rejects.toThrow(
      "averageViews: pictures must be at least 5x2 pixels, got [2,4,4,3]",
    );
  });

  test("divides each view's logits by the temperature", async () => {
    const logits = await averageViews(corner, { views: "flip", size: 2, temperature: 0.5 }).logits(
      pictures(),
    );
    expect(tf.softmax(logits).dataSync()[0]).toBeCloseTo((sigmoid(1) + sigmoid(1.2)) / 2, 6);
  });

  test("refuses pictures that are too small, and frees what it made where the model fails", async () => {
    await expect(averageViews(corner, { views: "five", size: 5 }).logits(pictures())).rejects.toThrow(
      "averageViews: pictures must be at least 5 pixels, got [2,4,4,3]",
    );
    let calls = 0;
    const failing = {
      classes: 2,
      logits: (x: tf.Tensor) => (++calls > 1 ? expect.fail("no") : corner.logits(x)),
    };
    const images = pictures();
    const before = tf.memory().numTensors;
    await expect(averageViews(failing, { views: "five", size: 2 }).logits(images)).rejects.toThrow("no");
    expect(tf.memory().numTensors).toBe(before);
  });
});
