import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import {
  each,
  largestMixedError,
  largestRelativeError,
  noise,
  outputsOfSync,
  positiveNoise,
  total,
  valuesOn,
} from "test-kit";
import { startWasm } from "test-kit/backends";
import { beforeAll, describe, expect, test } from "vitest";

/** float32 sums of up to 600 products of numbers in [-1, 1). */
const TOLERANCE = 1e-4;

beforeAll(startWasm);

type Four = [number, number, number, number];

/** The convolution and both gradients by the definition: every place, every tap, every pair of channels. */
function reference(x: Float32Array, w: Float32Array, dy: Float32Array, info: tf.backend_util.Conv2DInfo) {
  const [y, dx, dw] = [dy, x, w].map(({ length }) => new Float64Array(length)) as Float64Array[] & {
    length: 3;
  };
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels } = info;
  const { filterHeight, filterWidth, strideHeight, strideWidth, padInfo } = info;
  const { dilationHeight, dilationWidth } = info;
  for (let place = 0; place < batchSize * outHeight * outWidth; place++) {
    const [image, oy, ox] = [
      Math.floor(place / (outHeight * outWidth)),
      Math.floor(place / outWidth) % outHeight,
      place % outWidth,
    ];
    for (let tap = 0; tap < filterHeight * filterWidth; tap++) {
      const yy = oy * strideHeight - padInfo.top + Math.floor(tap / filterWidth) * dilationHeight;
      const xx = ox * strideWidth - padInfo.left + (tap % filterWidth) * dilationWidth;
      if (yy < 0 || yy >= inHeight || xx < 0 || xx >= inWidth) continue;
      const from = ((image * inHeight + yy) * inWidth + xx) * inChannels;
      for (let c = 0; c < inChannels; c++) {
        for (let o = 0; o < outChannels; o++) {
          const weight = (tap * inChannels + c) * outChannels + o;
          const slope = dy[place * outChannels + o]!;
          y![place * outChannels + o]! += x[from + c]! * w[weight]!;
          dx![from + c]! += w[weight]! * slope;
          dw![weight]! += x[from + c]! * slope;
        }
      }
    }
  }
  return { y: y!, dx: dx!, dw: dw! };
}

type Pad = "same" | "valid" | tf.backend_util.ExplicitPadding;

function check(inputShape: Four, filterShape: Four, strides: number, pad: Pad, dilations = 1): void {
  const info = tf.backend_util.computeConv2DInfo(inputShape, filterShape, strides, dilations, pad);
  const x = noise(tf.util.sizeFromShape(inputShape), 1);
  const w = noise(tf.util.sizeFromShape(filterShape), 2);
  const dy = noise(tf.util.sizeFromShape(info.outShape), 3);
  const expected = reference(x, w, dy, info);
  const attrs = { strides, pad, dilations, dataFormat: "NHWC", dimRoundingMode: null };
  const [y] = outputsOfSync(
    "Conv2D",
    { x: tf.tensor(x, inputShape), filter: tf.tensor(w, filterShape) },
    attrs,
  );
  const slope = () => tf.tensor(dy, info.outShape);
  const [dw] = outputsOfSync(
    "Conv2DBackpropFilter",
    { x: tf.tensor(x, inputShape), dy: slope() },
    { ...attrs, filterShape },
  );
  const [dx] = outputsOfSync(
    "Conv2DBackpropInput",
    { dy: slope(), filter: tf.tensor(w, filterShape) },
    { ...attrs, inputShape },
  );
  expect(largestMixedError(y!, expected.y)).toBeLessThan(TOLERANCE);
  expect(largestMixedError(dw!, expected.dw)).toBeLessThan(TOLERANCE);
  expect(largestMixedError(dx!, expected.dx)).toBeLessThan(TOLERANCE);
}

describe("conv2d and its gradients", () => {
  test("agree with float64 for random shapes, strides and paddings", () => {
    const side = fc.integer({ min: 3, max: 9 });
    const tap = fc.integer({ min: 1, max: 3 });
    const channels = fc.integer({ min: 1, max: 9 });
    const uneven: tf.backend_util.ExplicitPadding = [
      [0, 0],
      [2, 1],
      [0, 3],
      [0, 0],
    ];
    const pads = fc.constantFrom<Pad>("same", "valid", uneven);
    const images = fc.tuple(fc.integer({ min: 0, max: 3 }), side, side, channels);
    fc.assert(
      fc.property(
        images,
        tap,
        tap,
        channels,
        fc.integer({ min: 1, max: 3 }),
        pads,
        fc.integer({ min: 1, max: 2 }),
        (x, fh, fw, out, stride, pad, dilations) => {
          const fits = 2 * Math.max(fh - 1, fw - 1) < Math.min(x[1], x[2]);
          check(x, [fh, fw, x[3], out], stride, pad, fits ? dilations : 1);
        },
      ),
      { numRuns: 200 },
    );
  });

  // 3 · 3 · 2100 channels make a patch of 18,900 floats, of which 13 fit into one block.
  test("agree beyond one block of patches", () => check([1, 5, 5, 2100], [3, 3, 2100, 1], 1, "same"));

  test.each([
    ["gradient", (f: (w: tf.Tensor) => tf.Tensor, w: tf.Tensor) => tf.grad(f)(w)],
    ["value", (f: (w: tf.Tensor) => tf.Tensor, w: tf.Tensor) => f(w)],
  ])("carry NaN and infinity as cpu does: %s", async (_, apply) => {
    const compute = () => {
      const data = noise(2 * 5 * 5 * 3, 1);
      [data[7], data[40]] = [Number.NaN, Number.POSITIVE_INFINITY];
      const x = tf.tensor4d(data, [2, 5, 5, 3]);
      const convolve = (w: tf.Tensor) => tf.conv2d(x, w as tf.Tensor4D, 2, "valid");
      return apply(convolve, tf.tensor4d(noise(3 * 3 * 3 * 2, 2), [3, 3, 3, 2]));
    };
    const [actual, expected] = [await valuesOn("wasm", compute), await valuesOn("cpu", compute)];
    expect(largestMixedError(actual, expected)).toBeLessThan(TOLERANCE);
  });
});

test.each([
  [1, 10, 128, 3],
  [2, 10, 128, 3],
  [3, 12, 32, 64], // many blocks of patches
])(
  "a filter's gradient over many places keeps float32's digits: %d taps wide, %d images",
  (side, ...sides) => {
    const [batch, size, channels] = sides;
    const out = 9;
    const over = size - side + 1;
    const [x, dy] = [
      positiveNoise(batch * size * size * channels, 1),
      positiveNoise(batch * over * over * out, 2),
    ];
    const actual = tf.tidy(() => {
      const image = tf.tensor4d(x, [batch, size, size, channels]);
      const convolve = (w: tf.Tensor) => tf.conv2d(image, w as tf.Tensor4D, 1, "valid");
      const w = tf.zeros([side, side, channels, out]);
      return tf
        .grad(convolve)(w, tf.tensor4d(dy, [batch, over, over, out]))
        .dataSync();
    });
    const expected = each(side * side * channels * out, (at) => {
      const [tap, c, o] = [Math.floor(at / (channels * out)), Math.floor(at / out) % channels, at % out];
      return total(batch * over * over, (place) => {
        const [image, top, left] = [
          Math.floor(place / (over * over)),
          Math.floor(place / over) % over,
          place % over,
        ];
        const row = (image * size + top + Math.floor(tap / side)) * size + left + (tap % side);
        return x[row * channels + c]! * dy[place * out + o]!;
      });
    });
    expect(largestRelativeError(actual, expected)).toBeLessThan(1e-6);
  },
);
