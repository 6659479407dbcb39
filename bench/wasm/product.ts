import * as tf from "@tensorflow/tfjs-core";
import type { MatMulKernels } from "./kernels.ts";

/** A matrix product `[batch, m, k] × [batch, k, n]`, either side stored transposed. */
export interface Product {
  readonly batch: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** `1584×768×192, b transposed`: m × n × k. */
export function productName({ batch, m, n, k, transposeA, transposeB }: Product): string {
  const sides = `${batch > 1 ? `${batch} of ` : ""}${m}×${n}×${k}`;
  return `${sides}${transposeA ? ", a transposed" : ""}${transposeB ? ", b transposed" : ""}`;
}

/** Multiplications and additions, in millions: divided by milliseconds they are GFLOP/s. */
export function megaflops({ batch, m, n, k }: Product): number {
  return (2 * batch * m * n * k) / 1e6;
}

/** stock tfjs has one path that is not a scalar loop. */
export function isFastInStock({ batch, transposeA, transposeB }: Product): boolean {
  return batch === 1 && !transposeA && !transposeB;
}

/** Both sides of a product as functions, on operands that live until `dispose`. */
export function runnable(
  { batch, m, n, k, transposeA, transposeB }: Product,
  { ours, stock }: MatMulKernels,
): { ours: () => void; stock: () => void; dispose: () => void } {
  const a = tf.randomNormal(transposeA ? [batch, k, m] : [batch, m, k]);
  const b = tf.randomNormal(transposeB ? [batch, n, k] : [batch, k, n]);
  const backend = tf.backend();
  const call = (kernel: tf.KernelFunc) => () => {
    const out = kernel({ inputs: { a, b }, attrs: { transposeA, transposeB }, backend }) as tf.TensorInfo;
    backend.disposeData(out.dataId);
  };
  return { ours: call(ours), stock: call(stock), dispose: () => tf.dispose([a, b]) };
}
