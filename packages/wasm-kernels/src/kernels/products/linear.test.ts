import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { noise, outputsOf } from "test-kit";
import { startWasm } from "test-kit/backends";
import { linear } from "vit-blocks";
import { beforeAll, expect, test } from "vitest";

beforeAll(startWasm);

const side = fc.integer({ min: 0, max: 19 });
const SIDES = fc.record({
  leading: fc.array(fc.nat(5), { minLength: 1, maxLength: 3 }),
  width: side,
  outputs: side,
});

test("Linear and LinearGrad have the bits of the products and the sum that they stand for", async () => {
  const property = fc.asyncProperty(SIDES, fc.boolean(), fc.nat(1000), async (sides, hasBias, seed) => {
    const { leading, width, outputs } = sides;
    const rows = leading.reduce((product, length) => product * length, 1);
    const of = (shape: number[], of: number) =>
      tf.tensor(noise(tf.util.sizeFromShape(shape), seed + of), shape);
    const x = of([...leading, width], 0);
    const kernel = of([width, outputs], 1) as tf.Tensor2D;
    const bias = of([outputs], 2) as tf.Tensor1D;
    const dy = of([...leading, outputs], 3);
    const [xRows, dyRows] = [tf.reshape(x, [rows, width]), tf.reshape(dy, [rows, outputs])] as [
      tf.Tensor2D,
      tf.Tensor2D,
    ];
    const expected = [
      tf.fused.matMul({ a: xRows, b: kernel, ...(hasBias && { bias }) }),
      tf.matMul(dyRows, kernel, false, true),
      tf.matMul(xRows, dyRows, true, false),
      tf.sum(dyRows, 0),
    ].map((tensor) => [...tensor.dataSync()]);
    const copies = { x: tf.clone(x), kernel: tf.clone(kernel) };
    const forward = { x, kernel, ...(hasBias && { bias }) };
    const actual = [
      ...(await outputsOf("Linear", forward)),
      ...(await outputsOf("LinearGrad", { ...copies, dy })),
    ];
    expect(actual.map((values) => [...values])).toEqual(expected);
  });
  await fc.assert(property, { numRuns: 100 });
});

test("a dense layer and its gradient call one kernel each", async () => {
  const { x, kernel, bias } = { x: tf.ones([2, 3, 4]), kernel: tf.ones([4, 5]), bias: tf.ones([5]) };
  const { kernelNames } = await tf.profile(() => tf.grads((a, b, c) => linear(a!, b!, c))([x, kernel, bias]));
  expect(kernelNames.filter((name) => /Linear|MatMul|Reshape|Sum/.test(name))).toEqual([
    "Linear",
    "LinearGrad",
  ]);
});
