import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { largestError, noise, outputsOf, startForTest, valuesOn } from "../testing.ts";

/** float32 sums of up to 600 products of numbers in [-1, 1). */
const TOLERANCE = 1e-4;

beforeAll(startForTest);

type Four = [number, number, number, number];

/** Both gradients by the definition: every place, every tap, every pair of channels. */
function reference(x: Float32Array, w: Float32Array, dy: Float32Array, info: tf.backend_util.Conv2DInfo) {
  const [dx, dw] = [new Float64Array(x.length), new Float64Array(w.length)];
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels } = info;
  const { filterHeight, filterWidth, strideHeight, strideWidth, padInfo } = info;
  for (let place = 0; place < batchSize * outHeight * outWidth; place++) {
    const [image, oy, ox] = [
      Math.floor(place / (outHeight * outWidth)),
      Math.floor(place / outWidth) % outHeight,
      place % outWidth,
    ];
    for (let tap = 0; tap < filterHeight * filterWidth; tap++) {
      const y = oy * strideHeight - padInfo.top + Math.floor(tap / filterWidth);
      const xx = ox * strideWidth - padInfo.left + (tap % filterWidth);
      if (y < 0 || y >= inHeight || xx < 0 || xx >= inWidth) continue;
      const from = ((image * inHeight + y) * inWidth + xx) * inChannels;
      for (let c = 0; c < inChannels; c++) {
        for (let o = 0; o < outChannels; o++) {
          const weight = (tap * inChannels + c) * outChannels + o;
          const slope = dy[place * outChannels + o]!;
          dx[from + c]! += w[weight]! * slope;
          dw[weight]! += x[from + c]! * slope;
        }
      }
    }
  }
  return { dx, dw };
}

function check(inputShape: Four, filterShape: Four, strides: number, pad: "same" | "valid"): void {
  const info = tf.backend_util.computeConv2DInfo(inputShape, filterShape, strides, 1, pad);
  const x = noise(tf.util.sizeFromShape(inputShape), 1);
  const w = noise(tf.util.sizeFromShape(filterShape), 2);
  const dy = noise(tf.util.sizeFromShape(info.outShape), 3);
  const expected = reference(x, w, dy, info);
  const attrs = { strides, pad, dataFormat: "NHWC", dimRoundingMode: null };
  const slope = () => tf.tensor(dy, info.outShape);
  const [dw] = outputsOf(
    "Conv2DBackpropFilter",
    { x: tf.tensor(x, inputShape), dy: slope() },
    { ...attrs, filterShape },
  );
  const [dx] = outputsOf(
    "Conv2DBackpropInput",
    { dy: slope(), filter: tf.tensor(w, filterShape) },
    { ...attrs, inputShape },
  );
  expect(largestError(dw!, expected.dw)).toBeLessThan(TOLERANCE);
  expect(largestError(dx!, expected.dx)).toBeLessThan(TOLERANCE);
}

describe("the gradients of conv2d", () => {
  test("agree with float64 for random shapes, strides and paddings", () => {
    const side = fc.integer({ min: 3, max: 9 });
    const tap = fc.integer({ min: 1, max: 3 });
    const channels = fc.integer({ min: 1, max: 9 });
    const pads = fc.constantFrom("same" as const, "valid" as const);
    const images = fc.tuple(fc.integer({ min: 0, max: 3 }), side, side, channels);
    fc.assert(
      fc.property(
        images,
        tap,
        tap,
        channels,
        fc.integer({ min: 1, max: 3 }),
        pads,
        (x, fh, fw, out, stride, pad) => {
          check(x, [fh, fw, x[3], out], stride, pad);
        },
      ),
      { numRuns: 100 },
    );
  });

  // 3 · 3 · 2100 channels make a patch of 18,900 floats, of which 13 fit into one block.
  test("agree beyond one block of patches", () => check([1, 5, 5, 2100], [3, 3, 2100, 1], 1, "same"));

  test("carry NaN and infinity as cpu does", async () => {
    const compute = () => {
      const data = noise(2 * 5 * 5 * 3, 1);
      [data[7], data[40]] = [Number.NaN, Number.POSITIVE_INFINITY];
      const x = tf.tensor4d(data, [2, 5, 5, 3]);
      const convolve = (w: tf.Tensor) => tf.conv2d(x, w as tf.Tensor4D, 2, "valid");
      return tf.grad(convolve)(tf.tensor4d(noise(3 * 3 * 3 * 2, 2), [3, 3, 3, 2]));
    };
    const [actual, expected] = [await valuesOn("wasm", compute), await valuesOn("cpu", compute)];
    expect(largestError(actual, expected)).toBeLessThan(TOLERANCE);
  });
});
