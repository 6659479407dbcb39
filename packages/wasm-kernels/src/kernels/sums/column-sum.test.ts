import * as tf from "@tensorflow/tfjs-core";
import { each, largestRelativeError, positiveNoise, total } from "test-kit";
import { startWasm } from "test-kit/backends";
import { beforeAll, expect, test } from "vitest";

beforeAll(startWasm);

test("sums, means and variances of 2.4 million numbers keep float32's digits over any axes", () => {
  const [rows, columns] = [300_000, 8];
  const x = positiveNoise(rows * columns, 7);
  const all = total(x.length, (i) => x[i]!);
  const mean = all / x.length;
  const variance = total(x.length, (i) => (x[i]! - mean) ** 2) / x.length;
  const byColumn = each(columns, (c) => total(rows, (r) => x[r * columns + c]!));
  const on = (f: (v: tf.Tensor) => tf.Tensor, shape: number[]) =>
    tf.tidy(() => f(tf.tensor(x, shape)).dataSync());
  for (const shape of [[x.length], [rows, columns], [columns, rows]]) {
    expect(
      largestRelativeError(
        on((v) => tf.sum(v), shape),
        [all],
      ),
    ).toBeLessThan(1e-6);
    expect(
      largestRelativeError(
        on((v) => tf.mean(v), shape),
        [mean],
      ),
    ).toBeLessThan(1e-6);
    expect(
      largestRelativeError(
        on((v) => tf.moments(v).variance, shape),
        [variance],
      ),
    ).toBeLessThan(1e-6);
  }
  expect(
    largestRelativeError(
      on((v) => tf.sum(v, 0), [rows, columns]),
      byColumn,
    ),
  ).toBeLessThan(1e-6);
  expect(
    largestRelativeError(
      on((v) => tf.sum(v, [0, 2]), [600, columns, 500]),
      each(columns, (c) => total(300_000, (i) => x[(Math.floor(i / 500) * columns + c) * 500 + (i % 500)]!)),
    ),
  ).toBeLessThan(1e-6);
  const byRow = each(columns, (c) => total(rows, (r) => x[c * rows + r]!));
  expect(
    largestRelativeError(
      on((v) => tf.sum(v, 1), [columns, rows]),
      byRow,
    ),
  ).toBeLessThan(1e-6);
});
