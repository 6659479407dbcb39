import type { CFunctions } from "../side-module.ts";

/** First address above the stack of a module in a memory of its own. */
const FREE = 128 * 1024;
/** Pages of 64 KiB that {@link sampleResults} needs. */
export const SAMPLE_PAGES = 96;

/**
 * Results of the products, attention, convolutions and element-wise kernels on small seeded data of awkward sizes, one
 * array of bits per call.
 *
 * @param c - C functions of a module in `memory`, which nothing else uses.
 */
export function sampleResults(c: CFunctions, memory: WebAssembly.Memory): Record<string, Int32Array> {
  const floats = new Float32Array(memory.buffer);
  const results: Record<string, Int32Array> = {};
  let next = FREE;
  let seed = 1;
  const make = (size: number): number => {
    const at = next;
    next += (4 * size + 63) & ~63;
    return at;
  };
  /** Uniform in [-2, 2), from a linear congruential generator. */
  const noise = (size: number): number => {
    const at = make(size);
    for (let i = 0; i < size; i++) {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      floats[at / 4 + i] = seed / 2 ** 30 - 2;
    }
    return at;
  };
  const positive = (size: number): number => {
    const at = noise(size);
    for (let i = at / 4; i < at / 4 + size; i++) floats[i] = Math.abs(floats[i]!) + 0.1;
    return at;
  };
  const integers = (values: readonly number[]): number => {
    const at = make(values.length);
    new Int32Array(memory.buffer, at, values.length).set(values);
    return at;
  };
  const keep = (name: string, at: number, size: number) => {
    results[name] = new Int32Array(memory.buffer.slice(at, at + 4 * size));
  };

  const gemm = make(c.gemm_scratch());
  const scratch = make(32 * 1024);
  const start = next;
  const sample = (name: string, run: () => [at: number, size: number][]) => {
    next = start;
    for (const [i, [at, size]] of run().entries()) keep(`${name} ${i}`, at, size);
  };

  for (const [m, n, k] of [
    [13, 37, 29],
    [50, 21, 400],
    [9, 64, 7],
    [3, 40, 11],
    [20, 3, 33],
  ] as const) {
    for (const transposed of [0, 1, 2, 3]) {
      sample(`matmul ${m}x${n}x${k}, ${transposed}`, () => {
        const [a, b, bias, out] = [noise(m * k), noise(k * n), noise(n), make(m * n)];
        c.matmul(a, b, out, m, n, k, transposed & 1, transposed >> 1, bias, gemm);
        return [[out, m * n]];
      });
    }
  }
  for (const [tokens, queries, size] of [
    [21, 21, 12],
    [21, 5, 20],
    [140, 140, 12],
  ] as const) {
    sample(`attention of ${queries} queries to ${tokens} tokens`, () => {
      const heads = 2;
      const [qkv, dy] = [noise(3 * tokens * heads * size), noise(queries * heads * size)];
      const [out, sums, dqkv] = [
        make(queries * heads * size),
        make(heads * queries),
        make(3 * tokens * heads * size),
      ];
      const room = make(c.attention_scratch(tokens, size));
      const sides = [1, tokens, heads, size, queries, 0.3, room];
      c.attention(qkv, out, sums, ...sides);
      c.attention_grad(qkv, out, sums, dy, dqkv, ...sides);
      return [
        [out, queries * heads * size],
        [sums, heads * queries],
        [dqkv, 3 * tokens * heads * size],
      ];
    });
  }
  sample("conv2d", () => {
    const [batch, side, into, outOf, filter] = [2, 7, 5, 18, 3];
    const fields = integers([batch, side, side, into, side, side, outOf, filter, filter, 1, 1, 1, 1, 1, 1]);
    const [x, w, dy] = [
      noise(batch * side * side * into),
      noise(9 * into * outOf),
      noise(batch * side * side * outOf),
    ];
    const [y, dx, dw] = [
      make(batch * side * side * outOf),
      make(batch * side * side * into),
      make(9 * into * outOf),
    ];
    const [patches, totals] = [make(64 * 9 * into), make(2 * 9 * into * outOf)];
    c.conv2d(x, w, y, fields, patches, 64, gemm);
    c.conv2d_backprop_input(dy, w, dx, fields, patches, 64, gemm);
    c.conv2d_backprop_filter(x, dy, dw, fields, patches, 64, gemm, totals);
    return [
      [y, batch * side * side * outOf],
      [dx, batch * side * side * into],
      [dw, 9 * into * outOf],
    ];
  });
  const size = 45;
  sample("gelu", () => {
    const [x, dy, y, dx] = [noise(size), noise(size), make(size), make(size)];
    c.gelu(x, y, size);
    c.gelu_grad(x, dy, dx, size);
    return [
      [y, size],
      [dx, size],
    ];
  });
  for (const kind of [1, 2, 4, 5, 6]) {
    sample(`activation ${kind}`, () => {
      const x = noise(size);
      c.activate(x, size, kind, 0.2);
      return [[x, size]];
    });
  }
  sample("bounds", () => {
    const [x, bound, low, high] = [noise(size), noise(1), make(size), make(size)];
    c.minimum(x, bound, low, size);
    c.maximum(x, bound, high, size);
    return [
      [low, size],
      [high, size],
    ];
  });
  sample("rows", () => {
    const [inner, batch, rows] = [27, 5, integers([0, 2, 3])];
    const [x, values, taken, sum] = [
      noise(batch * inner),
      noise(3 * inner),
      make(3 * inner),
      make(batch * inner),
    ];
    c.gather_rows(x, rows, taken, 3, inner, 1.25);
    c.scatter_rows(x, values, rows, sum, 3, batch, inner, 1.25);
    return [
      [taken, 3 * inner],
      [sum, batch * inner],
    ];
  });
  sample("layer norm", () => {
    const [rows, dim] = [70, 27];
    const [x, gamma, beta, dy] = [noise(rows * dim), noise(dim), noise(dim), noise(rows * dim)];
    const [y, mean, rstd] = [make(rows * dim), make(rows), make(rows)];
    const [dx, dgamma, dbeta] = [make(rows * dim), make(dim), make(dim)];
    c.layer_norm(x, gamma, beta, y, mean, rstd, rows, dim, 1e-6);
    c.layer_norm_grad(x, gamma, mean, rstd, dy, dx, dgamma, dbeta, rows, dim, scratch);
    return [
      [y, rows * dim],
      [dx, rows * dim],
      [dgamma, dim],
      [dbeta, dim],
    ];
  });
  sample("group norm", () => {
    const [batch, pixels, channels, groups] = [2, 9, 28, 4];
    const all = batch * pixels * channels;
    const [x, gamma, beta, dy] = [noise(all), noise(channels), noise(channels), noise(all)];
    const [y, mean, rstd] = [make(all), make(batch * groups), make(batch * groups)];
    const [dx, dgamma, dbeta] = [make(all), make(channels), make(channels)];
    const sides = [batch, pixels, channels, groups];
    c.group_norm(x, gamma, beta, y, mean, rstd, ...sides, 1e-5, scratch);
    c.group_norm_grad(x, gamma, mean, rstd, dy, dx, dgamma, dbeta, ...sides, scratch);
    return [
      [y, all],
      [dx, all],
      [dgamma, channels],
      [dbeta, channels],
    ];
  });
  sample("weight standardization", () => {
    const [rows, columns] = [19, 29];
    const [w, dy] = [noise(rows * columns), noise(rows * columns)];
    const [y, mean, rstd, dw] = [make(rows * columns), make(columns), make(columns), make(rows * columns)];
    c.weight_standardize(w, y, mean, rstd, rows, columns, 1e-8);
    c.weight_standardize_grad(w, mean, rstd, dy, dw, rows, columns, scratch);
    return [
      [y, rows * columns],
      [dw, rows * columns],
    ];
  });
  sample("column sum", () => {
    const [x, y] = [noise(2 * 19 * 29), make(2 * 29)];
    c.column_sum(x, y, 2, 19, 29, 1);
    return [[y, 2 * 29]];
  });
  sample("depthwise gradients", () => {
    const [side, channels] = [5, 13];
    const fields = integers([1, side, side, channels, side, side, channels, 3, 3, 1, 1, 1, 1, 1, 1]);
    const [x, w, dy] = [noise(side * side * channels), noise(9 * channels), noise(side * side * channels)];
    const [dx, dw] = [make(side * side * channels), make(9 * channels)];
    c.depthwise_backprop_filter(x, dy, dw, fields, scratch);
    c.depthwise_backprop_input(dy, w, dx, fields);
    return [
      [dx, side * side * channels],
      [dw, 9 * channels],
    ];
  });
  sample("cross-entropy", () => {
    const [rows, classes] = [5, 27];
    const [targets, logits, dy] = [positive(rows * classes), noise(rows * classes), noise(rows)];
    const [loss, slopes] = [make(rows), make(rows * classes)];
    c.softmax_cross_entropy(targets, logits, loss, rows, classes);
    c.softmax_cross_entropy_grad(targets, logits, dy, slopes, rows, classes);
    return [
      [loss, rows],
      [slopes, rows * classes],
    ];
  });
  sample("AdamW", () => {
    const [value, m, v, slopes, next] = [noise(size), noise(size), positive(size), noise(size), make(size)];
    const kept = positive(1);
    c.adamw_update(
      integers([value, m, v, slopes, next, m, v, size]),
      kept,
      1,
      0.9,
      0.999,
      0.1,
      0.001,
      1e-3,
      1e-8,
    );
    return [
      [next, size],
      [m, size],
      [v, size],
    ];
  });
  return results;
}
