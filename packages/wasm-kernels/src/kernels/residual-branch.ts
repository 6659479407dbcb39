import type * as tf from "@tensorflow/tfjs-core";
import { type BranchAttributes, defineKernel, type Kernel, sizeOf } from "kernel-contract";
import { type Context, DOUBLE, FLOAT_BYTES } from "../context.ts";
import { requireRows } from "./elementwise/rows.ts";
import { multiply, multiplyGrad } from "./products/linear.ts";

// One op where a branch has a dozen: small students spend a fifth of a step on tfjs' engine otherwise. The C functions are those of
// the single ops in their order, so the results have the same bits.

/**
 * `{x: [batch, tokens, dim], gamma, beta, kernel1, bias1, kernel2, bias2}`, `{epsilon, rows, factor, attention?}` →
 * `[y: [batch, queries, dim], kept]`; `kept` is one block with what the gradient needs.
 */
export const residualBranch: Kernel<Context> = defineKernel(
  "ResidualBranch",
  (context, { x, gamma, beta, kernel1, bias1, kernel2, bias2 }, attributes) => {
    const { c } = context;
    const sizes = branchSizes("ResidualBranch", { x, kernel1, kernel2 }, attributes);
    const { batch, tokens, dim, samples, queries, inner, middle } = sizes;
    const layout = keptLayout(sizes);
    const y = context.output([batch, queries, dim]);
    const kept = context.output([layout.floats]);
    const scratch = laidOut({
      taken: samples < batch ? samples * tokens * dim : 0,
      branch: samples * queries * dim,
    });
    const temporary = context.output([scratch.floats]);
    const at = { ...addresses(context, kept, layout), ...addresses(context, temporary, scratch) };
    const [xAt, yAt] = [context.pointer(x), context.pointer(y)];

    const taken = takenRows(context, xAt, attributes, at.taken, { batch, sample: tokens * dim, factor: 1 });
    const affine = [context.pointer(gamma), context.pointer(beta)] as const;
    const normed = [at.normed, at.mean, at.rstd] as const;
    c.layer_norm(taken, ...affine, ...normed, samples * tokens, dim, attributes.epsilon);
    multiply(
      context,
      { x: at.normed, kernel: context.pointer(kernel1), bias: context.pointer(bias1), y: at.first },
      { rows: samples * tokens, width: dim, outputs: inner },
    );
    if (attributes.attention) {
      const { heads, scale } = attributes.attention;
      const size = middle / heads;
      const room = context.scratch(c.attention_scratch(tokens, size));
      const outputs = [at.middle, at.logSumExp] as const;
      c.attention(at.first, ...outputs, samples, tokens, heads, size, queries, scale, room);
    } else {
      c.gelu(at.first, at.middle, samples * tokens * inner);
    }
    multiply(
      context,
      { x: at.middle, kernel: context.pointer(kernel2), bias: context.pointer(bias2), y: at.branch },
      { rows: samples * queries, width: middle, outputs: dim },
    );

    let own = xAt;
    if (queries < tokens) {
      const leading = writeRows(context, leadingTokens(sizes));
      c.gather_rows(xAt, leading, yAt, batch * queries, dim, 1);
      own = yAt;
    }
    const rows = writeRows(context, attributes.rows);
    c.scatter_rows(own, at.branch, rows, yAt, samples, batch, queries * dim, attributes.factor);
    context.free(temporary);
    return [y, kept] as const;
  },
);

/** `{x, gamma, kernel1, kernel2, kept, dy}`, the same attributes → the gradients of x and the weights, in their order. */
export const residualBranchGrad: Kernel<Context> = defineKernel(
  "ResidualBranchGrad",
  (context, { x, gamma, kernel1, kernel2, kept, dy }, attributes) => {
    const { c } = context;
    const sizes = branchSizes("ResidualBranchGrad", { x, kernel1, kernel2 }, attributes);
    const { batch, tokens, dim, samples, queries, inner, middle } = sizes;
    const layout = keptLayout(sizes);
    if (sizeOf(kept.shape) !== layout.floats) {
      throw new Error(`ResidualBranchGrad: expected kept [${layout.floats}], got [${kept.shape}]`);
    }
    const dx = context.output(x.shape);
    const [dgamma, dbeta] = [context.output([dim]), context.output([dim])];
    const [dkernel1, dbias1] = [context.output(kernel1.shape), context.output([inner])];
    const [dkernel2, dbias2] = [context.output(kernel2.shape), context.output([dim])];
    const scratch = laidOut({
      taken: samples < batch || attributes.factor !== 1 ? samples * tokens * dim : 0,
      dmiddle: samples * queries * middle,
      dfirst: attributes.attention ? samples * tokens * inner : 0,
      dnormed: samples * tokens * dim,
    });
    const temporary = context.output([scratch.floats]);
    const at = { ...addresses(context, kept, layout), ...addresses(context, temporary, scratch) };
    const [dyAt, dxAt] = [context.pointer(dy), context.pointer(dx)];

    const sides = { batch, sample: queries * dim, factor: attributes.factor };
    multiplyGrad(
      context,
      {
        x: at.middle,
        kernel: context.pointer(kernel2),
        dy: takenRows(context, dyAt, attributes, at.taken, sides),
        dx: at.dmiddle,
        dkernel: context.pointer(dkernel2),
        dbias: context.pointer(dbias2),
      },
      { rows: samples * queries, width: middle, outputs: dim },
    );
    if (attributes.attention) {
      const { heads, scale } = attributes.attention;
      const size = middle / heads;
      const room = context.scratch(c.attention_scratch(tokens, size));
      const tensors = [at.first, at.middle, at.logSumExp, at.dmiddle, at.dfirst] as const;
      c.attention_grad(...tensors, samples, tokens, heads, size, queries, scale, room);
    } else {
      c.gelu_grad(at.first, at.dmiddle, at.dmiddle, samples * tokens * inner);
    }
    multiplyGrad(
      context,
      {
        x: at.normed,
        kernel: context.pointer(kernel1),
        dy: attributes.attention ? at.dfirst : at.dmiddle,
        dx: at.dnormed,
        dkernel: context.pointer(dkernel1),
        dbias: context.pointer(dbias1),
      },
      { rows: samples * tokens, width: dim, outputs: inner },
    );
    const all = { batch, sample: tokens * dim, factor: 1 };
    const taken = takenRows(context, context.pointer(x), attributes, at.taken, all);
    const inputs = [taken, context.pointer(gamma), at.mean, at.rstd, at.dnormed] as const;
    const outputs = [at.dnormed, context.pointer(dgamma), context.pointer(dbeta)] as const;
    c.layer_norm_grad(...inputs, ...outputs, samples * tokens, dim, context.scratch(DOUBLE * 2 * dim));

    const rows = writeRows(context, attributes.rows);
    const own = queries < tokens ? 0 : dyAt;
    c.scatter_rows(own, at.dnormed, rows, dxAt, samples, batch, tokens * dim, 1);
    if (queries < tokens) {
      const leading = writeRows(context, leadingTokens(sizes));
      c.scatter_rows(dxAt, dyAt, leading, dxAt, batch * queries, batch * tokens, dim, 1);
    }
    context.free(temporary);
    return [dx, dgamma, dbeta, dkernel1, dbias1, dkernel2, dbias2] as const;
  },
);

type Info = tf.TensorInfo;

type Sizes = ReturnType<typeof branchSizes>;

/** Sizes of a branch. Throws if they do not fit: the C functions write where they say. */
function branchSizes(
  op: string,
  { x, kernel1, kernel2 }: Readonly<Record<"x" | "kernel1" | "kernel2", Info>>,
  { rows, attention }: BranchAttributes,
) {
  const [batch, tokens, dim] = x.shape as [number, number, number];
  const [width, inner] = kernel1.shape as [number, number];
  const [middle, outputs] = kernel2.shape as [number, number];
  const queries = attention?.queries ?? tokens;
  const fits = attention
    ? inner === 3 * middle && middle % attention.heads === 0 && queries >= 0 && queries <= tokens
    : inner === middle;
  if (x.shape.length !== 3 || width !== dim || outputs !== dim || !fits) {
    throw new Error(
      `${op}: expected x [batch, tokens, dim], kernel1 [dim, ${attention ? "3 · middle" : "middle"}] and kernel2 [middle, dim], ` +
        `got [${x.shape}], [${kernel1.shape}] and [${kernel2.shape}]${attention ? ` with ${attention.heads} heads and ${queries} queries` : ""}`,
    );
  }
  requireRows(op, rows, batch);
  const heads = attention?.heads ?? 0;
  return { batch, tokens, dim, samples: rows.length, queries, inner, middle, heads };
}

/** What the gradient needs, in one block. */
function keptLayout({ tokens, dim, samples, queries, inner, middle, heads }: Sizes) {
  return laidOut({
    normed: samples * tokens * dim,
    mean: samples * tokens,
    rstd: samples * tokens,
    first: samples * tokens * inner,
    middle: samples * queries * middle,
    logSumExp: samples * heads * queries,
  });
}

const ALIGNMENT = 16; // floats: a cache line

/** Arrays in one block, each aligned: their places in floats. */
interface Layout<Name extends string> {
  readonly at: Record<Name, number>;
  readonly floats: number;
}

function laidOut<Name extends string>(counts: Record<Name, number>): Layout<Name> {
  let floats = 0;
  const at = { ...counts };
  for (const name in counts) {
    at[name] = floats;
    floats += Math.ceil(counts[name] / ALIGNMENT) * ALIGNMENT;
  }
  return { at, floats };
}

function addresses<Name extends string>(
  context: Context,
  block: Info,
  { at }: Layout<Name>,
): Record<Name, number> {
  const base = context.pointer(block);
  const found = { ...at };
  for (const name in at) found[name] = base + at[name] * FLOAT_BYTES;
  return found;
}

/** Address of the branch's samples times a factor: where the batch is, if they are all of it, otherwise that of a copy. */
function takenRows(
  context: Context,
  from: number,
  { rows }: BranchAttributes,
  copy: number,
  { batch, sample, factor }: { readonly batch: number; readonly sample: number; readonly factor: number },
): number {
  if (rows.length === batch && factor === 1) return from;
  context.c.gather_rows(from, writeRows(context, rows), copy, rows.length, sample, factor);
  return copy;
}

/** Indices of the tokens that x is added for, in `[batch · tokens]`. */
function leadingTokens({ batch, tokens, queries }: Sizes): number[] {
  return Array.from({ length: batch * queries }, (_, i) => Math.floor(i / queries) * tokens + (i % queries));
}

function writeRows(context: Context, rows: readonly number[]): number {
  const at = context.scratch(rows.length);
  context.writeInts(at, rows);
  return at;
}
