// The README's figures of long sums: the error of tfjs' own kernels, and of these.
import * as tf from "@tensorflow/tfjs-core";
import { each, largestRelativeError, positiveNoise, total } from "test-kit";
import { startWasm } from "test-kit/backends";
import { beforeAll, expect, test } from "vitest";
import { installWasmKernels } from "./install.ts";

const SIDE = 4;

beforeAll(startWasm);

/** Measures, whenever called, the relative errors of column sums, row sums and products of `count` positive numbers. */
function measure(count: number): () => { readonly sums: number; readonly products: number } {
  const x = positiveNoise(count * SIDE, 1);
  const columns = each(SIDE, (c) => total(count, (r) => x[r * SIDE + c]!));
  const rows = each(SIDE, (r) => total(count, (c) => x[r * count + c]!));
  const products = each(SIDE * SIDE, (at) =>
    total(count, (r) => x[r * SIDE + Math.floor(at / SIDE)]! * x[r * SIDE + (at % SIDE)]!),
  );
  return () =>
    tf.tidy(() => {
      const tall = tf.tensor2d(x, [count, SIDE]);
      const wide = tf.tensor2d(x, [SIDE, count]);
      const byColumn = largestRelativeError(tf.sum(tall, 0).dataSync(), columns);
      const byRow = largestRelativeError(tf.sum(wide, 1).dataSync(), rows);
      return {
        sums: Math.max(byColumn, byRow),
        products: largestRelativeError(tf.matMul(tall, tall, true).dataSync(), products),
      };
    });
}

test.each([
  [6_304, 3e-7, 3e-6],
  [300_000, 5e-6, 5e-5],
])(
  "of %d numbers tfjs' own sums are off by %d to %d, the kernels' keep their digits",
  (count, least, most) => {
    const errors = measure(count);
    const kernels = errors();
    installWasmKernels().uninstall();
    const own = errors();
    installWasmKernels();
    expect(Math.max(kernels.sums, kernels.products)).toBeLessThan(1e-6);
    expect(own.sums).toBeGreaterThan(least);
    expect(Math.max(own.sums, own.products)).toBeLessThan(most);
  },
);
