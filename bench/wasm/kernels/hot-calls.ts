import type { CFunctions } from "../../../packages/wasm-kernels/src/side-module.ts";
import {
  ATTENTIONS,
  CLASSES,
  CONVOLUTIONS,
  ENTROPY_ROWS,
  FEW,
  FILTERS,
  GROUP_NORMS,
  LAYERS,
  MATRICES,
  ROWS,
  THIN_LAYERS,
  WEIGHTS,
} from "./hot-shapes.ts";

/** One call of a C function on data of its own. */
export interface HotCall {
  readonly op: string;
  readonly shape: string;
  /** Multiplications and additions of the matrix products in it, in millions; 0 where it has none. */
  readonly megaflops: number;
  readonly run: (c: CFunctions) => void;
}

/** First address above the stack of a module in a memory of its own. */
const FREE = 128 * 1024;
/** Pages of 64 KiB for the largest call. */
export const HOT_PAGES = 2560;

/** Reserves memory, filled with numbers in [-1, 1). */
type Reserve = (floats: number) => number;

type Calls = (reserve: Reserve, c: CFunctions, ints: (values: readonly number[]) => number) => HotCall;

/**
 * Every hot C function on the shapes of the models that are trained here. Each call lives until the next one is taken.
 *
 * @param c - Any build: it tells how much scratch memory is needed.
 */
export function* hotCalls(c: CFunctions, memory: WebAssembly.Memory): Generator<HotCall> {
  const floats = new Float32Array(memory.buffer);
  const noise = Float32Array.from({ length: 1 << 16 }, () => 2 * Math.random() - 1);
  for (const make of calls()) {
    let next = FREE;
    const reserve = (size: number): number => {
      const at = next;
      next += (4 * size + 63) & ~63;
      for (let i = 0; i < size; i += noise.length) {
        floats.set(noise.subarray(0, Math.min(noise.length, size - i)), at / 4 + i);
      }
      return at;
    };
    const ints = (values: readonly number[]): number => {
      const at = reserve(values.length);
      new Int32Array(memory.buffer, at, values.length).set(values);
      return at;
    };
    yield make(reserve, c, ints);
  }
}

function* calls(): Generator<Calls> {
  for (const [name, rows, inputs, outputs] of LAYERS) yield* dense(name, rows, inputs, outputs);
  for (const rows of FEW) {
    for (const [inputs, outputs] of THIN_LAYERS) yield* dense("few rows", rows, inputs, outputs);
  }
  for (const [batch, heads, tokens, size, queries] of ATTENTIONS) {
    yield attention(batch, heads, tokens, size, queries, false);
    yield attention(batch, heads, tokens, size, queries, true);
  }
  for (const [side, inputs, outputs, filter, stride, batch] of CONVOLUTIONS) {
    for (const pass of ["conv2d", "conv2d_backprop_input", "conv2d_backprop_filter"] as const) {
      yield convolution(pass, side, inputs, outputs, filter, stride, batch);
    }
  }
  for (const [rows, dim] of ROWS) yield* elementwise(rows, dim);
  for (const [rows, dim] of MATRICES) {
    yield* norms(rows, dim);
    yield columnSum(rows, dim);
  }
  for (const classes of CLASSES) yield* crossEntropy(ENTROPY_ROWS, classes);
  for (const [batch, pixels, channels] of GROUP_NORMS) yield* groupNorm(batch, pixels, channels);
  for (const [rows, columns] of FILTERS) yield* standardization(rows, columns);
  for (const size of WEIGHTS) yield adamW(size);
}

/** A dense layer's product and the two of its backward pass. */
function* dense(name: string, rows: number, inputs: number, outputs: number): Generator<Calls> {
  yield product(`${name}, NN`, rows, outputs, inputs, 0);
  yield product(`${name}, NT`, rows, inputs, outputs, 2);
  yield product(`${name}, TN`, inputs, outputs, rows, 1);
}

function product(name: string, m: number, n: number, k: number, transposed: number): Calls {
  return (reserve, c) => {
    const [a, b, y, bias, scratch] = [m * k, k * n, m * n, n, c.gemm_scratch()].map(reserve) as Five;
    return {
      op: `matmul ${["NN", "TN", "NT"][transposed]}`,
      shape: `${m}×${n}×${k} (${name.split(",").slice(0, -1).join()})`,
      megaflops: (2 * m * n * k) / 1e6,
      run: ({ matmul }) =>
        void matmul(a, b, y, m, n, k, transposed & 1, transposed >> 1, transposed ? 0 : bias, scratch),
    };
  };
}

type Five = [number, number, number, number, number];

function attention(
  batch: number,
  heads: number,
  tokens: number,
  size: number,
  queries: number,
  backward: boolean,
): Calls {
  return (reserve, c) => {
    const width = heads * size;
    const [qkv, dqkv] = [reserve(3 * batch * tokens * width), reserve(3 * batch * tokens * width)];
    const [out, dy] = [reserve(batch * queries * width), reserve(batch * queries * width)];
    const sums = reserve(batch * heads * queries);
    const scratch = reserve(c.attention_scratch(tokens, size));
    const sizes = [batch, tokens, heads, size, queries, size ** -0.5, scratch];
    c.attention(qkv, out, sums, ...sizes);
    const shape = `${batch}×${heads} heads of ${size}, ${queries} of ${tokens} tokens`;
    const megaflops = (4 * batch * heads * queries * tokens * size) / 1e6;
    if (!backward) {
      return { op: "attention", shape, megaflops, run: (c) => void c.attention(qkv, out, sums, ...sizes) };
    }
    const run = (c: CFunctions) => void c.attention_grad(qkv, out, sums, dy, dqkv, ...sizes);
    return { op: "attention backward", shape, megaflops: 2.5 * megaflops, run };
  };
}

/** Floats of unfolded patches at a time, as the package's kernels have it. */
const PATCH_FLOATS = 2 ** 18;

function convolution(
  pass: "conv2d" | "conv2d_backprop_input" | "conv2d_backprop_filter",
  side: number,
  inputs: number,
  outputs: number,
  filter: number,
  stride: number,
  batch: number,
): Calls {
  return (reserve, c, ints) => {
    const out = side / stride;
    const pad = Math.floor((filter - 1) / 2);
    const depth = filter * filter * inputs;
    const rows = Math.max(4, Math.floor(PATCH_FLOATS / depth));
    const fields = ints([
      ...[batch, side, side, inputs, out, out, outputs],
      ...[filter, filter, stride, stride, 1, 1, pad, pad],
    ]);
    const [x, w, y] = [batch * side * side * inputs, depth * outputs, batch * out * out * outputs].map(
      reserve,
    ) as [number, number, number];
    const [patches, scratch, totals] = [
      reserve(rows * depth),
      reserve(c.gemm_scratch()),
      reserve(2 * depth * outputs),
    ];
    const arguments_ = {
      conv2d: [x, w, y, fields, patches, rows, scratch],
      conv2d_backprop_input: [y, w, x, fields, patches, rows, scratch],
      conv2d_backprop_filter: [x, y, w, fields, patches, rows, scratch, totals],
    }[pass];
    return {
      op: pass,
      shape: `${batch}×${side}², ${inputs} → ${outputs}, ${filter}×${filter}${stride > 1 ? ` / ${stride}` : ""}`,
      megaflops: (2 * batch * out * out * depth * outputs) / 1e6,
      run: (c) => void c[pass](...arguments_),
    };
  };
}

function* elementwise(rows: number, dim: number): Generator<Calls> {
  const size = rows * dim;
  const shape = `${rows}×${dim}`;
  yield (reserve) => {
    const [x, y] = [reserve(size), reserve(size)];
    return { op: "GELU", shape, megaflops: 0, run: (c) => void c.gelu(x, y, size) };
  };
  yield (reserve) => {
    const [x, dy, dx] = [reserve(size), reserve(size), reserve(size)];
    return { op: "GELU backward", shape, megaflops: 0, run: (c) => void c.gelu_grad(x, dy, dx, size) };
  };
  yield (reserve) => {
    const x = reserve(size);
    return { op: "ReLU", shape, megaflops: 0, run: (c) => void c.activate(x, size, 1, 0) };
  };
}

function* norms(rows: number, dim: number): Generator<Calls> {
  const shape = `${rows}×${dim}`;
  const make =
    (backward: boolean): Calls =>
    (reserve) => {
      const [x, y, dy] = [reserve(rows * dim), reserve(rows * dim), reserve(rows * dim)];
      const [gamma, beta, dgamma, dbeta] = [dim, dim, dim, dim].map(reserve) as [
        number,
        number,
        number,
        number,
      ];
      const [mean, rstd, totals] = [reserve(rows), reserve(rows), reserve(4 * dim)];
      if (!backward) {
        const run = (c: CFunctions) => void c.layer_norm(x, gamma, beta, y, mean, rstd, rows, dim, 1e-6);
        return { op: "LayerNorm", shape, megaflops: 0, run };
      }
      const run = (c: CFunctions) =>
        void c.layer_norm_grad(x, gamma, mean, rstd, dy, y, dgamma, dbeta, rows, dim, totals);
      return { op: "LayerNorm backward", shape, megaflops: 0, run };
    };
  yield make(false);
  yield make(true);
}

function columnSum(rows: number, dim: number): Calls {
  return (reserve) => {
    const [x, y] = [reserve(rows * dim), reserve(dim)];
    const run = (c: CFunctions) => void c.column_sum(x, y, 1, rows, dim, 1);
    return { op: "column sums", shape: `${rows}×${dim}`, megaflops: 0, run };
  };
}

function* crossEntropy(rows: number, classes: number): Generator<Calls> {
  const shape = `${rows}×${classes}`;
  yield (reserve) => {
    const [targets, logits, loss] = [reserve(rows * classes), reserve(rows * classes), reserve(rows)];
    const run = (c: CFunctions) => void c.softmax_cross_entropy(targets, logits, loss, rows, classes);
    return { op: "cross-entropy", shape, megaflops: 0, run };
  };
  yield (reserve) => {
    const [targets, logits, dlogits] = [rows * classes, rows * classes, rows * classes].map(reserve);
    const dy = reserve(rows);
    const run = (c: CFunctions) =>
      void c.softmax_cross_entropy_grad(targets!, logits!, dy, dlogits!, rows, classes);
    return { op: "cross-entropy backward", shape, megaflops: 0, run };
  };
}

function* groupNorm(batch: number, pixels: number, channels: number): Generator<Calls> {
  const groups = channels >= 32 ? 32 : 8;
  const shape = `${batch}×${pixels}×${channels}`;
  const all = batch * pixels * channels;
  const make =
    (backward: boolean): Calls =>
    (reserve) => {
      const [x, y, dy] = [reserve(all), reserve(all), reserve(all)];
      const [gamma, beta, dgamma, dbeta] = [channels, channels, channels, channels].map(reserve) as number[];
      const [mean, rstd, scratch] = [reserve(batch * groups), reserve(batch * groups), reserve(8 * channels)];
      const sizes = [batch, pixels, channels, groups];
      if (!backward) {
        const run = (c: CFunctions) =>
          void c.group_norm(x, gamma!, beta!, y, mean, rstd, ...sizes, 1e-5, scratch);
        return { op: "group norm", shape, megaflops: 0, run };
      }
      const run = (c: CFunctions) =>
        void c.group_norm_grad(x, gamma!, mean, rstd, dy, y, dgamma!, dbeta!, ...sizes, scratch);
      return { op: "group norm backward", shape, megaflops: 0, run };
    };
  yield make(false);
  yield make(true);
}

function* standardization(rows: number, columns: number): Generator<Calls> {
  const shape = `${rows}×${columns}`;
  const size = rows * columns;
  yield (reserve) => {
    const [w, y, mean, rstd] = [reserve(size), reserve(size), reserve(columns), reserve(columns)];
    const run = (c: CFunctions) => void c.weight_standardize(w, y, mean, rstd, rows, columns, 1e-10);
    return { op: "weight standardization", shape, megaflops: 0, run };
  };
  yield (reserve) => {
    const [w, dy, dw, sums] = [reserve(size), reserve(size), reserve(size), reserve(2 * columns)];
    const [mean, rstd] = [reserve(columns), reserve(columns)];
    const run = (c: CFunctions) => void c.weight_standardize_grad(w, mean, rstd, dy, dw, rows, columns, sums);
    return { op: "weight standardization backward", shape, megaflops: 0, run };
  };
}

function adamW(size: number): Calls {
  return (reserve, _, ints) => {
    const [value, m, v, slopes, next] = [size, size, size, size, size].map(reserve) as Five;
    const parameter = ints([value, m, v, slopes, next, m, v, size]);
    const kept = reserve(1);
    const run = (c: CFunctions) =>
      void c.adamw_update(parameter, kept, 1, 0.9, 0.999, 0.1, 0.001, 1e-3, 1e-8);
    return { op: "AdamW", shape: `${size}`, megaflops: 0, run };
  };
}
