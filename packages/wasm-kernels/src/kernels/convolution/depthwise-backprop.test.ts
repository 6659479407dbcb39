import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { largestMixedError, largestRelativeError, noise, outputsOfSync, positiveNoise } from "test-kit";
import { startWasm } from "test-kit/backends";
import { beforeAll, expect, test } from "vitest";

/** float32 sums of up to 250 products of numbers in [-1, 1). */
const TOLERANCE = 1e-4;

beforeAll(startWasm);

/** Both gradients by the definition. */
function reference(x: Float32Array, w: Float32Array, dy: Float32Array, info: tf.backend_util.Conv2DInfo) {
  const [dx, dw] = [new Float64Array(x.length), new Float64Array(w.length)];
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, padInfo } = info;
  for (let place = 0; place < batchSize * outHeight * outWidth; place++) {
    const image = Math.floor(place / (outHeight * outWidth));
    const oy = Math.floor(place / outWidth) % outHeight;
    const ox = place % outWidth;
    for (let tap = 0; tap < info.filterHeight * info.filterWidth; tap++) {
      const fy = Math.floor(tap / info.filterWidth);
      const y = oy * info.strideHeight - padInfo.top + fy * info.dilationHeight;
      const xx = ox * info.strideWidth - padInfo.left + (tap % info.filterWidth) * info.dilationWidth;
      if (y < 0 || y >= inHeight || xx < 0 || xx >= inWidth) continue;
      for (let o = 0; o < outChannels; o++) {
        const c = Math.floor(o / (outChannels / inChannels));
        const from = ((image * inHeight + y) * inWidth + xx) * inChannels + c;
        dx[from]! += w[tap * outChannels + o]! * dy[place * outChannels + o]!;
        dw[tap * outChannels + o]! += x[from]! * dy[place * outChannels + o]!;
      }
    }
  }
  return { dx, dw };
}

test("the gradients of depthwiseConv2d agree with float64 for random shapes, strides, dilations and paddings", () => {
  const side = fc.integer({ min: 5, max: 9 });
  const tap = fc.integer({ min: 1, max: 3 });
  const few = fc.integer({ min: 1, max: 3 });
  const pads = fc.constantFrom("same" as const, "valid" as const);
  const steps = fc.constantFrom([1, 1], [2, 1], [1, 2]) as fc.Arbitrary<[number, number]>; // stride, dilation
  const images = fc.tuple(fc.integer({ min: 0, max: 3 }), side, side, fc.integer({ min: 1, max: 9 }));
  fc.assert(
    fc.property(
      images,
      tap,
      tap,
      few,
      steps,
      pads,
      (inputShape, fh, fw, multiplier, [stride, dilation], pad) => {
        const filterShape: [number, number, number, number] = [fh, fw, inputShape[3], multiplier];
        const info = tf.backend_util.computeConv2DInfo(
          inputShape,
          filterShape,
          stride,
          dilation,
          pad,
          undefined,
          true,
        );
        const x = noise(tf.util.sizeFromShape(inputShape), 1);
        const w = noise(tf.util.sizeFromShape(filterShape), 2);
        const dy = noise(tf.util.sizeFromShape(info.outShape), 3);
        const expected = reference(x, w, dy, info);
        const shared = { strides: stride, dilations: dilation, pad, dimRoundingMode: null };
        const slope = () => tf.tensor(dy, info.outShape);
        const [dw] = outputsOfSync(
          "DepthwiseConv2dNativeBackpropFilter",
          { x: tf.tensor(x, inputShape), dy: slope() },
          { ...shared, filterShape },
        );
        const [dx] = outputsOfSync(
          "DepthwiseConv2dNativeBackpropInput",
          { dy: slope(), filter: tf.tensor(w, filterShape) },
          { ...shared, inputShape },
        );
        expect(largestMixedError(dw!, expected.dw)).toBeLessThan(TOLERANCE);
        expect(largestMixedError(dx!, expected.dx)).toBeLessThan(TOLERANCE);
      },
    ),
    { numRuns: 100 },
  );
});

test.each([1, 2])(
  "a filter's gradient over 160,000 places keeps float32's digits: multiplier %d",
  (multiplier) => {
    const inputShape: [number, number, number, number] = [10, 128, 128, 5];
    const filterShape: [number, number, number, number] = [2, 1, 5, multiplier];
    const info = tf.backend_util.computeConv2DInfo(inputShape, filterShape, 1, 1, "same", undefined, true);
    const x = positiveNoise(tf.util.sizeFromShape(inputShape), 1);
    const dy = positiveNoise(tf.util.sizeFromShape(info.outShape), 2);
    const [dw] = outputsOfSync(
      "DepthwiseConv2dNativeBackpropFilter",
      { x: tf.tensor(x, inputShape), dy: tf.tensor(dy, info.outShape) },
      { strides: 1, dilations: 1, pad: "same", dimRoundingMode: null, filterShape },
    );
    const expected = reference(x, new Float32Array(10 * multiplier), dy, info);
    expect(largestRelativeError(dw!, expected.dw)).toBeLessThan(1e-6);
  },
);
