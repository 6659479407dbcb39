import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { each, largestError, noise, outputsOf, startForTest } from "../testing.ts";

beforeAll(startForTest);

test("PatchExtract puts every pixel where the definition does, for random shapes", () => {
  const side = fc.integer({ min: 1, max: 5 });
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 3 }),
      side,
      side,
      side,
      side,
      (batch, rows, columns, patch, channels) => {
        const [height, width] = [rows * patch, columns * patch];
        const x = noise(batch * height * width * channels, 1);
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
        const [actual] = outputsOf("PatchExtract", { x: images }, { patchSize: patch });
        expect(largestError(actual!, expected)).toBe(0);
      },
    ),
    { numRuns: 60 },
  );
});
