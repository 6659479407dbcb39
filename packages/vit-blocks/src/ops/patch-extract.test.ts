import * as tf from "@tensorflow/tfjs-core";
import { normalNoise } from "test-kit";
import { BACKENDS } from "test-kit/backends";
import { startBackend } from "tfjs-backends";
import { beforeAll, describe, expect, test } from "vitest";
import { patchExtract } from "./patch-extract.ts";

describe.each(BACKENDS)("patchExtract on %s", (backend) => {
  beforeAll(async () => {
    await startBackend(backend);
  });

  test("lists patches row after row, and pixels in a patch likewise", () => {
    const x = tf.reshape(tf.range(0, 8), [1, 2, 4, 1]);
    expect(patchExtract(x, 2).arraySync()).toEqual([
      [
        [0, 1, 4, 5],
        [2, 3, 6, 7],
      ],
    ]);
  });

  test("keeps channels innermost and batches apart", () => {
    const x = normalNoise([2, 6, 4, 3], 1);
    const y = patchExtract(x, 2);
    expect(y.shape).toEqual([2, 6, 12]);
    const patch = tf.slice(x, [1, 4, 2, 0], [1, 2, 2, 3]); // last patch of the second image
    expect(tf.slice(y, [1, 5, 0], [1, 1, 12]).dataSync()).toEqual(patch.dataSync());
  });

  test("its gradient puts each number back where it came from", () => {
    const x = normalNoise([2, 4, 6, 3], 2);
    const back = tf.grad((v: tf.Tensor) => patchExtract(v, 2))(x, patchExtract(x, 2));
    expect(back.dataSync()).toEqual(x.dataSync());
  });

  test("refuses a patch size that does not divide, and leaves one tensor", () => {
    const x = tf.zeros([1, 4, 6, 3]);
    expect(() => patchExtract(x, 4)).toThrow("patchExtract: patchSize must divide the image 4x6, got 4");
    expect(() => patchExtract(tf.zeros([4, 6, 3]), 2)).toThrow(
      "patchExtract: x must be [batch, h, w, channels]",
    );
    const before = tf.memory().numTensors;
    patchExtract(x, 2);
    expect(tf.memory().numTensors - before).toBe(1);
  });
});
