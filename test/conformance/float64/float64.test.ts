// The reference itself, against numbers known from elsewhere.
import { erf } from "test-kit";
import { expect, test } from "vitest";
import { adamW } from "./adamw.ts";
import { type Array64, at, build, map } from "./array.ts";
import { layerNorm, softmax, softmaxCrossEntropy } from "./functions.ts";
import { gradients } from "./gradients.ts";
import { convolved, resized } from "./images.ts";

const list = (...numbers: number[]): Array64 => ({
  shape: [numbers.length],
  data: Float64Array.from(numbers),
});

test("erf has the table's values", () => {
  // Abramowitz and Stegun, table 7.1
  for (const [x, y] of [
    [0, 0],
    [0.5, 0.5204998778],
    [1, 0.8427007929],
    [2, 0.995322265],
  ] as const) {
    expect(erf(x)).toBeCloseTo(y, 10);
    expect(erf(-x)).toBeCloseTo(-y, 10);
  }
});

test("gradients by differences are those of calculus, to 1e-10", () => {
  const x = list(0.3, -1.2, 2);
  const weights = [1, -2, 0.5];
  const [slopes] = gradients((v) => map(v!, (a) => Math.exp(a) * a), [x], weights);
  slopes!.forEach((slope, i) => {
    expect(slope).toBeCloseTo(weights[i]! * Math.exp(x.data[i]!) * (x.data[i]! + 1), 10);
  });
});

test("softmax, normalization and cross-entropy by hand", () => {
  expect([...softmax(list(0, Math.log(3))).data]).toEqual([0.25, 0.75].map((v) => expect.closeTo(v, 14)));
  const normed = layerNorm(list(1, 3), list(2, 2), list(0, 1), 1e-12);
  expect([...normed.data]).toEqual([-2, 3].map((v) => expect.closeTo(v, 10)));
  const logits = { shape: [1, 2], data: Float64Array.of(0, Math.log(3)) };
  const targets = { shape: [1, 2], data: Float64Array.of(0, 1) };
  expect(softmaxCrossEntropy(targets, logits).data[0]).toBeCloseTo(Math.log(4 / 3), 14);
});

test("a convolution of ones counts what its window covers", () => {
  const [image, filter] = [build([1, 3, 3, 1], () => 1), build([3, 3, 1, 1], () => 1)];
  expect([...convolved(image, filter, 1, "same").data]).toEqual([4, 6, 4, 6, 9, 6, 4, 6, 4]);
  expect([...convolved(image, filter, 1, "valid").data]).toEqual([9]);
});

test("resizing keeps a ramp's middle", () => {
  const ramp = build([1, 1, 4, 1], (...index) => index[2]!);
  const half = resized(ramp, 1, 2);
  expect([at(half, 0, 0, 0, 0), at(half, 0, 0, 1, 0)]).toEqual([0.5, 2.5]);
});

test("AdamW's first step is the learning rate, in the gradient's direction, after the decay", () => {
  const zero = list(0, 0);
  const options = { learningRate: 0.1, weightDecay: 0.5, beta1: 0.9, beta2: 0.999, epsilon: 0 };
  const modes = { weightDecayMode: "lr-scaled", epsilonPlacement: "corrected" } as const;
  const state = { value: list(1, 1), m: zero, v: zero, gradient: list(3, -7) };
  const [value] = adamW(state, 1, { ...options, ...modes });
  expect([...value.data]).toEqual([0.95 - 0.1, 0.95 + 0.1].map((v) => expect.closeTo(v, 12)));
});
