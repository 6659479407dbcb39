import { erf } from "test-kit/numbers";
// The formulas of the packages' docs, in loops: as plain as they can be written.
import { type Array64, add, at, build, map, mapRows, total, zip } from "./array.ts";

export function gelu(x: Array64): Array64 {
  return map(x, (v) => (v * (1 + erf(v * Math.SQRT1_2))) / 2);
}

/** Over the last axis, of `scale · x`. */
export function softmax(x: Array64, scale = 1): Array64 {
  return mapRows(x, (row) => {
    const powers = row.map((v) => Math.exp(scale * v));
    const sum = total(powers);
    return powers.map((power) => power / sum);
  });
}

export function logSumExp(row: Float64Array): number {
  return Math.log(total(row.map(Math.exp)));
}

/** Numbers less their mean, over the root of their variance. */
function normed(numbers: Float64Array, epsilon: number): Float64Array {
  const mean = total(numbers) / numbers.length;
  const variance = total(numbers.map((v) => (v - mean) ** 2)) / numbers.length;
  return numbers.map((v) => (v - mean) / Math.sqrt(variance + epsilon));
}

export function layerNorm(x: Array64, gamma: Array64, beta: Array64, epsilon = 1e-6): Array64 {
  const rows = mapRows(x, (row) => normed(row, epsilon));
  return mapRows(rows, (row) => row.map((v, i) => v * gamma.data[i]! + beta.data[i]!));
}

/** `x · kernel + bias`, over the last axis. */
export function linear(x: Array64, kernel: Array64, bias?: Array64): Array64 {
  const [inputs, outputs] = kernel.shape as [number, number];
  return mapRows(x, (row) => {
    const y = bias === undefined ? new Float64Array(outputs) : bias.data.slice();
    for (let i = 0; i < inputs; i++) {
      for (let j = 0; j < outputs; j++) y[j]! += row[i]! * kernel.data[i * outputs + j]!;
    }
    return y;
  });
}

/** `[batch, tokens, 3 · heads · size]` → `[batch, heads, queries, tokens]`. */
export function attentionProbabilities(qkv: Array64, heads: number, queries: number, scale: number): Array64 {
  const [batch, tokens, width] = qkv.shape as [number, number, number];
  const size = width / 3 / heads;
  const { data } = qkv;
  const scores = build([batch, heads, queries, tokens], (b, h, q, k) => {
    const [from, to] = [
      (b! * tokens + q!) * width + h! * size,
      (b! * tokens + k!) * width + (heads + h!) * size,
    ];
    let dot = 0;
    for (let i = 0; i < size; i++) dot += data[from + i]! * data[to + i]!;
    return dot;
  });
  return softmax(scores, scale);
}

/** Options of {@link attention}. */
export interface Attention {
  readonly heads: number;
  readonly queries: number;
  readonly scale: number;
  /** What dropout multiplies the probabilities by. */
  readonly mask?: Array64;
}

export function attention(qkv: Array64, { heads, queries, scale, mask }: Attention): Array64 {
  const [batch, tokens, width] = qkv.shape as [number, number, number];
  const size = width / 3 / heads;
  const p = attentionProbabilities(qkv, heads, queries, scale);
  const shares = mask === undefined ? p : zip(p, mask, (a, b) => a * b);
  return build([batch, queries, heads * size], (b, q, j) => {
    const h = Math.floor(j! / size);
    let sum = 0;
    for (let k = 0; k < tokens; k++) {
      sum += at(shares, b!, h, q!, k) * qkv.data[(b! * tokens + k) * width + 2 * heads * size + j!]!;
    }
    return sum;
  });
}

/** `[batch, height, width, channels]` → `[batch, patches, p · p · channels]`. */
export function patchExtract(x: Array64, p: number): Array64 {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const columns = width / p;
  return build([batch, (height / p) * columns, p * p * channels], (b, patch, i) => {
    const [row, column] = [Math.floor(patch! / columns) * p, (patch! % columns) * p];
    const [y, rest] = [Math.floor(i! / (p * channels)), i! % (p * channels)];
    return at(x, b!, row + y, column + Math.floor(rest / channels), rest % channels);
  });
}

/** Channels last; statistics of each sample's groups of neighboring channels. */
export function groupNorm(
  x: Array64,
  gamma: Array64,
  beta: Array64,
  groups: number,
  epsilon = 1e-5,
): Array64 {
  const [batch, channels] = [x.shape[0]!, x.shape.at(-1)!];
  const [places, size] = [x.data.length / batch / channels, channels / groups];
  const data = new Float64Array(x.data.length);
  for (let b = 0; b < batch; b++) {
    for (let g = 0; g < groups; g++) {
      const where = Array.from({ length: places * size }, (_, i) => {
        return (b * places + Math.floor(i / size)) * channels + g * size + (i % size);
      });
      const group = normed(
        Float64Array.from(where, (i) => x.data[i]!),
        epsilon,
      );
      where.forEach((i, j) => {
        data[i] = group[j]! * gamma.data[i % channels]! + beta.data[i % channels]!;
      });
    }
  }
  return { shape: x.shape, data };
}

/** Each filter, the last axis, with mean 0 and variance 1. */
export function weightStandardize(w: Array64, epsilon: number): Array64 {
  const filters = w.shape.at(-1)!;
  const data = new Float64Array(w.data.length);
  for (let f = 0; f < filters; f++) {
    const one = normed(
      w.data.filter((_, i) => i % filters === f),
      epsilon,
    );
    one.forEach((v, i) => {
      data[i * filters + f] = v;
    });
  }
  return { shape: w.shape, data };
}

/** One number a row. */
export function softmaxCrossEntropy(targets: Array64, logits: Array64): Array64 {
  const width = logits.shape[1]!;
  return build([logits.shape[0]!], (row) => {
    const [from, to] = [row! * width, (row! + 1) * width];
    const mine = logits.data.subarray(from, to);
    const sum = logSumExp(mine);
    return total(targets.data.subarray(from, to).map((t, i) => t * (sum - mine[i]!)));
  });
}

export function residualAdd(x: Array64, branch: Array64): Array64 {
  return add(x, branch);
}
