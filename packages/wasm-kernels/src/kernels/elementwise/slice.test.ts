import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { noise } from "test-kit";
import { startWasm } from "test-kit/backends";
import { beforeAll, expect, test } from "vitest";

beforeAll(startWasm);

const AXES = fc.array(fc.tuple(fc.nat(5), fc.nat(5), fc.nat(5)), { minLength: 1, maxLength: 4 });

test("Slice takes what JavaScript takes, on every number of axes", () => {
  const property = fc.property(AXES, fc.constantFrom("float32", "int32"), (axes, dtype) => {
    const shape = axes.map(([before, taken, after]) => before + taken + after);
    const begin = axes.map(([before]) => before);
    const size = axes.map(([, taken]) => taken);
    const values = noise(tf.util.sizeFromShape(shape), 3).map((value) => Math.round(1000 * value) + 0); // no -0, which int32 does not have
    const y = tf.slice(tf.tensor(values, shape, dtype), begin, size);
    const strides = shape.map((_, axis) => tf.util.sizeFromShape(shape.slice(axis + 1)));
    let places = [0];
    for (const [axis, [before, taken]] of axes.entries()) {
      places = places.flatMap((place) =>
        Array.from({ length: taken }, (_, i) => place + (before + i) * strides[axis]!),
      );
    }
    expect([y.dtype, y.shape]).toEqual([dtype, size]);
    expect([...y.dataSync()]).toEqual(places.map((place) => values[place]));
  });
  fc.assert(property, { numRuns: 200 });
});

test("a size of -1 is the rest of the axis", () => {
  expect(tf.slice(tf.tensor2d([0, 1, 2, 3, 4, 5], [2, 3]), [0, 1], [-1, -1]).arraySync()).toEqual([
    [1, 2],
    [4, 5],
  ]);
});

test("what lies outside is refused, other types are tfjs' own kernel's", () => {
  expect(() => tf.slice(tf.ones([2, 3]), [0, 2], [2, 2])).toThrow(
    "begin[1] + size[1] (4) would overflow input.shape[1] (3)",
  );
  expect(tf.slice(tf.tensor1d([true, false, true], "bool"), 1, 2).arraySync()).toEqual([0, 1]);
  expect(tf.slice(tf.tensor1d(["a", "b"]), 1, 1).arraySync()).toEqual(["b"]);
});
