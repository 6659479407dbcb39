import * as tf from "@tensorflow/tfjs-core";
import type { MatMulKernels } from "../which-kernels.ts";

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

/** tfjs' own kernels has one path that is not a scalar loop. */
export function hasFastPath({ batch, transposeA, transposeB }: Product): boolean {
  return batch === 1 && !transposeA && !transposeB;
}

/** Both sides of a product as functions, on operands that live until `dispose`. */
export function runnable(
  { batch, m, n, k, transposeA, transposeB }: Product,
  { ours, own }: MatMulKernels,
): { ours: () => void; own: () => void; dispose: () => void } {
  const a = operand(transposeA ? [batch, k, m] : [batch, m, k]);
  const b = operand(transposeB ? [batch, n, k] : [batch, k, n]);
  const backend = tf.backend();
  const call = (kernel: tf.KernelFunc) => () => {
    const out = kernel({ inputs: { a, b }, attrs: { transposeA, transposeB }, backend }) as tf.TensorInfo;
    backend.disposeData(out.dataId);
  };
  return { ours: call(ours), own: call(own), dispose: () => tf.dispose([a, b]) };
}

let noise = new Float32Array(0);

/** Numbers in [-1, 1), the same for every product: drawing them again would take longer than many products. */
function operand(shape: [number, number, number]): tf.Tensor {
  const size = tf.util.sizeFromShape(shape);
  if (noise.length < size) noise = Float32Array.from({ length: size }, () => 2 * Math.random() - 1);
  return tf.tensor(noise.slice(0, size), shape);
}
