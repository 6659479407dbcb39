import * as tf from "@tensorflow/tfjs-core";
import { BACKENDS } from "test-kit/backends";
import { startBackend } from "tfjs-backends";
import { beforeAll, describe, expect, test } from "vitest";
import { gelu } from "./gelu.ts";

describe.each(BACKENDS)("gelu on %s", (backend) => {
  beforeAll(async () => {
    await startBackend(backend);
  });

  // x · Φ(x) and Φ(x) + x · φ(x), from tables of the normal distribution
  test.each([
    [0, 0, 0.5],
    [1, 0.8413447, 1.0833155],
    [-1, -0.1586553, -0.0833155],
    [2, 1.9544997, 1.0852318],
    [9, 9, 1],
  ])("of %d is %d with slope %d", (x, value, slope) => {
    expect(gelu(tf.scalar(x)).dataSync()[0]).toBeCloseTo(value, 5);
    expect(
      tf
        .grad((v: tf.Tensor) => gelu(v))(tf.scalar(x))
        .dataSync()[0],
    ).toBeCloseTo(slope, 5);
  });

  test("keeps any shape and leaves one tensor", () => {
    const x = tf.ones([2, 3, 4]);
    const before = tf.memory().numTensors;
    const y = gelu(x);
    expect(tf.memory().numTensors - before).toBe(1);
    expect(y.shape).toEqual([2, 3, 4]);
    tf.dispose([x, y]);
  });
});
