import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { NOT_FINITE, type Plain, plain, spoil } from "test-kit";
import { startWasm } from "test-kit/backends";
import { beforeAll, describe, expect, test } from "vitest";

beforeAll(startWasm);

type Op = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

/** The values alone: tfjs' gradients of both do not sum over what was broadcast, on any backend. */
async function expectAsOnCpu(op: Op, a: Plain, b: Plain): Promise<void> {
  const on = async (backend: string) => {
    await tf.setBackend(backend);
    const y = tf.tidy(() => op(tf.tensor(a.values, [...a.shape]), tf.tensor(b.values, [...b.shape])));
    const values = [...y.dataSync()];
    y.dispose();
    return { shape: y.shape, values };
  };
  const expected = await on("cpu");
  expect(await on("wasm")).toEqual(expected);
}

describe.each([
  ["Minimum", tf.minimum<tf.Tensor>],
  ["Maximum", tf.maximum<tf.Tensor>],
])("%s", (_, op) => {
  const bad = fc.constantFrom(0, ...NOT_FINITE);
  const sides = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 });

  test("of a tensor and one number, in either order, is cpu's, also NaN and infinity", async () => {
    const one = fc.constantFrom([], [1], [1, 1]);
    const property = fc.asyncProperty(
      sides,
      one,
      fc.boolean(),
      fc.nat(1),
      fc.nat(),
      bad,
      async (x, s, turned, which, at, v) => {
        const shape = s.length > x.length ? [1, ...x] : x;
        const pair = [plain(shape, 1), plain(s, 2)];
        if (turned) pair.reverse();
        const [a, b] = v === 0 ? pair : spoil(pair, which, at, v);
        await expectAsOnCpu(op, a!, b!);
      },
    );
    await fc.assert(property, { numRuns: 100 });
  });

  test.each([
    [[3, 4], [4]],
    [
      [2, 3],
      [2, 3],
    ],
    [[3], [1, 1]],
    [[0, 2], []],
  ])("of %j and %j are cpu's", async (a, b) => {
    await expectAsOnCpu(op, plain(a, 1), plain(b, 2));
  });

  test("of integers are integers", () => {
    const y = op(tf.tensor1d([1, 5, 9], "int32"), tf.scalar(5, "int32"));
    expect(y.dtype).toBe("int32");
    expect([...y.dataSync()]).toEqual(op === tf.minimum ? [1, 5, 5] : [5, 5, 9]);
    y.dispose();
  });
});
