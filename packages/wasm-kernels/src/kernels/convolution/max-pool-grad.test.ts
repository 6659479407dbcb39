import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { largestMixedError, noise, outputsOfSync, valuesOn } from "test-kit";
import { startWasm } from "test-kit/backends";
import { beforeAll, describe, expect, test } from "vitest";

beforeAll(startWasm);

type Four = [number, number, number, number];
type Pad = "same" | "valid" | tf.backend_util.ExplicitPadding;

/** By the definition: every window gives its slope to the first of its largest numbers. */
function reference(x: Float32Array, dy: Float32Array, info: tf.backend_util.Conv2DInfo): Float64Array {
  const dx = new Float64Array(x.length);
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, padInfo } = info;
  for (let at = 0; at < batchSize * outHeight * outWidth * inChannels; at++) {
    const [channel, place] = [at % inChannels, Math.floor(at / inChannels)];
    const image = Math.floor(place / (outHeight * outWidth));
    const top = (Math.floor(place / outWidth) % outHeight) * info.strideHeight - padInfo.top;
    const left = (place % outWidth) * info.strideWidth - padInfo.left;
    let best = -1;
    for (let y = Math.max(0, top); y < Math.min(inHeight, top + info.filterHeight); y++) {
      for (let xx = Math.max(0, left); xx < Math.min(inWidth, left + info.filterWidth); xx++) {
        const from = ((image * inHeight + y) * inWidth + xx) * inChannels + channel;
        if (best < 0 || x[from]! > x[best]!) best = from;
      }
    }
    if (best >= 0) dx[best]! += dy[at]!;
  }
  return dx;
}

function check(
  shape: Four,
  filterSize: [number, number],
  strides: [number, number],
  pad: Pad,
  x: Float32Array,
): void {
  const info = tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad);
  const dy = noise(tf.util.sizeFromShape(info.outShape), 3);
  const input = tf.tensor(x, shape);
  const tensors = { dy: tf.tensor(dy, info.outShape), input, output: tf.zeros(info.outShape) };
  const [dx] = outputsOfSync("MaxPoolGrad", tensors, { filterSize, strides, pad, dimRoundingMode: null });
  expect(largestMixedError(dx!, reference(x, dy, info))).toBeLessThan(1e-5); // float32 sums of up to 9 numbers in [-1, 1)
}

describe("the gradient of max pooling", () => {
  test("gives each slope once, for random shapes, overlapping windows, paddings and equal numbers", () => {
    const side = fc.integer({ min: 3, max: 9 });
    const pair = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }));
    const uneven: tf.backend_util.ExplicitPadding = [
      [0, 0],
      [1, 0],
      [0, 1],
      [0, 0],
    ];
    const pads = fc.constantFrom<Pad>("same", "valid", uneven);
    const shapes = fc.tuple(fc.integer({ min: 0, max: 3 }), side, side, fc.integer({ min: 1, max: 9 }));
    fc.assert(
      fc.property(shapes, pair, pair, pads, fc.boolean(), (shape, filter, strides, pad, tied) => {
        const values = noise(tf.util.sizeFromShape(shape), 1);
        check(shape, filter, strides, pad, tied ? values.map((value) => Math.round(2 * value)) : values);
      }),
      { numRuns: 200 },
    );
  });

  test("is cpu's through tf.grad, with NaN and infinities among the numbers", async () => {
    const compute = () => {
      const data = noise(2 * 7 * 6 * 5, 1);
      [data[7], data[40], data[90]] = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
      return tf.grad((x: tf.Tensor) => {
        const pooled = tf.maxPool(x as tf.Tensor4D, 3, 2, "same");
        return tf.mul(pooled, tf.tensor(noise(pooled.size, 2), pooled.shape));
      })(tf.tensor4d(data, [2, 7, 6, 5]), tf.ones([2, 4, 3, 5]));
    };
    const [actual, expected] = [await valuesOn("wasm", compute), await valuesOn("cpu", compute)];
    expect(largestMixedError(actual, expected)).toBeLessThan(1e-5);
  });
});
