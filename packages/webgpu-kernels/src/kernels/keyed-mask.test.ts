import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { philox2x32 } from "sample-keys";
import { startWebGpu } from "test-kit/backends";
import { describe, expect, test } from "vitest";

const missing = await startWebGpu();
const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });

function masked(keys: Uint32Array, attributes: Record<"site" | "size" | "threshold" | "factor", number>) {
  const tensor = tf.tensor1d(new Int32Array(keys.buffer), "int32");
  const inputs = [tensor] as unknown as tf.NamedTensorMap;
  return (tf.engine().runKernel("KeyedMask", inputs, attributes) as tf.Tensor[] & tf.Tensor).data();
}

describe.skipIf(missing)(`KeyedMask${missing ? ` (skipped: ${missing})` : ""}`, () => {
  test("draws the words of philox2x32, to the bit: each is the threshold once, and the next number", async () => {
    const keys = fc.uint32Array({ minLength: 1, maxLength: 5 });
    const property = fc.asyncProperty(
      keys,
      uint32,
      fc.integer({ min: 1, max: 30 }),
      async (batch, site, size) => {
        const words = Array.from(batch).flatMap((key) =>
          Array.from({ length: size }, (_, i) => philox2x32(i, site, key)[0]),
        );
        for (const threshold of [words[0]!, Math.min(words.at(-1)! + 1, 2 ** 32 - 1), 0]) {
          const mask = await masked(batch, { site, size, threshold, factor: 1.25 });
          expect([...mask]).toEqual(words.map((word) => (word >= threshold ? 1.25 : 0)));
        }
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });

  test("has more elements than a row of workgroups", async () => {
    const size = 70_000 * 64;
    const mask = await masked(Uint32Array.of(7), { site: 1, size, threshold: 2 ** 31, factor: 1 });
    expect(mask.length).toBe(size);
    for (const i of [0, 1, 65_535 * 64 + 3, size - 1]) {
      expect(mask[i]).toBe(philox2x32(i, 1, 7)[0] >= 2 ** 31 ? 1 : 0);
    }
  });

  test("refuses keys that are not int32 [batch]", () => {
    const attributes = { site: 0, size: 1, threshold: 0, factor: 1 };
    const run = (keys: tf.Tensor) =>
      tf.engine().runKernel("KeyedMask", [keys] as unknown as tf.NamedTensorMap, attributes);
    expect(() => run(tf.zeros([2]))).toThrow("KeyedMask: expected keys to be int32 [batch], got float32 [2]");
    expect(() => run(tf.zeros([2, 1], "int32"))).toThrow("got int32 [2,1]");
  });
});
