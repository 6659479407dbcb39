import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import {
  differenceFromCpu,
  each,
  largestMixedError,
  NOT_FINITE,
  noise,
  outputsOfSync,
  plain,
  spoil,
} from "test-kit";
import { startWasm } from "test-kit/backends";
import { patchExtract } from "vit-blocks";
import { beforeAll, describe, expect, test } from "vitest";

beforeAll(startWasm);

describe("PatchExtract", () => {
  test("puts every pixel where the definition does, for random shapes, also of no image", () => {
    const side = fc.integer({ min: 1, max: 5 });
    const batches = fc.integer({ min: 0, max: 3 });
    fc.assert(
      fc.property(batches, side, side, side, side, (batch, rows, columns, patch, channels) => {
        const [height, width] = [rows * patch, columns * patch];
        const x = noise(batch * height * width * channels, 1);
        NOT_FINITE.forEach((bad, i) => {
          if (x.length > 0) x[(7 * i) % x.length] = bad;
        });
        const expected = each(x.length, (at) => {
          const c = at % channels;
          const px = Math.floor(at / channels) % patch;
          const py = Math.floor(at / (channels * patch)) % patch;
          const cell = Math.floor(at / (channels * patch * patch)); // of all images
          const column = cell % columns;
          const row = Math.floor(cell / columns) % rows;
          const image = Math.floor(cell / (columns * rows));
          return x[((image * height + row * patch + py) * width + column * patch + px) * channels + c]!;
        });
        const images = tf.tensor4d(x, [batch, height, width, channels]);
        const [actual] = outputsOfSync("PatchExtract", { x: images }, { patchSize: patch });
        expect(largestMixedError(actual!, expected)).toBe(0);
      }),
      { numRuns: 100 },
    );
  });

  test("agrees with the composite form on cpu, and so does its gradient, NaN and infinity included", async () => {
    for (const bad of NOT_FINITE) {
      for (const which of [0, 1]) {
        const inputs = spoil([plain([2, 4, 6, 3], 1), plain([2, 6, 12], 2)], which, 17, bad);
        expect(await differenceFromCpu("wasm", (x) => patchExtract(x!, 2), inputs)).toBe(0);
      }
    }
  });

  test("refuses a patch size that does not divide the image", () => {
    expect(() => outputsOfSync("PatchExtract", { x: tf.zeros([1, 4, 6, 3]) }, { patchSize: 4 })).toThrow(
      "PatchExtract: expected patchSize to divide [4, 6], got 4",
    );
  });
});
