import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { largestError, noise, startForTest, valuesOn } from "../testing.ts";

/** float32 sums of up to 1,000 products. */
const TOLERANCE = 2e-4;

beforeAll(startForTest);

async function compare(compute: () => tf.Tensor): Promise<number> {
  return largestError(await valuesOn("wasm", compute), await valuesOn("cpu", compute));
}

function gradients(
  depthwise: boolean,
  stride: number,
  pad: "same" | "valid",
  filter: [number, number, number, number],
) {
  return () => {
    const x = tf.tensor4d(noise(2 * 9 * 8 * filter[2], 1), [2, 9, 8, filter[2]]);
    const w = tf.tensor4d(
      noise(
        filter.reduce((a, b) => a * b),
        2,
      ),
      filter,
    );
    const convolve = depthwise ? tf.depthwiseConv2d : tf.conv2d;
    const loss = (a: tf.Tensor, b: tf.Tensor) =>
      tf.sum(tf.square(convolve(a as tf.Tensor4D, b as tf.Tensor4D, stride, pad)));
    const [dx, dw] = tf.grads(loss)([x, w]);
    return tf.concat([tf.reshape(dx!, [-1]), tf.reshape(dw!, [-1])]);
  };
}

describe.each([
  [1, "same"],
  [2, "same"],
  [2, "valid"],
] as [number, "same" | "valid"][])("with stride %d and padding %s", (stride, pad) => {
  test.each([[[3, 3, 5, 6]], [[1, 1, 5, 6]], [[3, 2, 4, 3]]] as [[number, number, number, number]][])(
    "conv2d's gradients agree with cpu: filter %j",
    async (filter) => {
      expect(await compare(gradients(false, stride, pad, filter))).toBeLessThan(TOLERANCE);
    },
  );

  test.each([[[3, 3, 5, 1]], [[3, 3, 4, 2]]] as [[number, number, number, number]][])(
    "depthwiseConv2d's gradients agree with cpu: filter %j",
    async (filter) => {
      expect(await compare(gradients(true, stride, pad, filter))).toBeLessThan(TOLERANCE);
    },
  );
});

test("unsortedSegmentSum agrees with cpu and drops ids out of range", async () => {
  const compute = () =>
    tf.unsortedSegmentSum(tf.tensor2d(noise(6 * 5, 1), [6, 5]), tf.tensor1d([0, 2, -1, 2, 7, 0], "int32"), 4);
  expect(await compare(compute)).toBeLessThan(1e-6);
});

test("the gradient of gather sums the rows that were taken twice", () => {
  const dx = tf.grad((x: tf.Tensor) => tf.sum(tf.gather(x, tf.tensor1d([1, 1, 0], "int32"))))(
    tf.zeros([3, 2]),
  );
  expect([...dx.dataSync()]).toEqual([1, 1, 2, 2, 0, 0]);
});
