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
    const y = context.output([batch, queries, dim]);
    const kept = context.output([sizes.kept.floats]);
    const at = addressesOf(context, sizes, kept);
    const [xAt, yAt] = [context.pointer(x), context.pointer(y)];

    const taken = takenRows(context, x, attributes, 1);
    const affine = [context.pointer(gamma), context.pointer(beta)] as const;
    const normed = [at.normed, at.mean, at.rstd] as const;
    const rowsAt = context.pointer(taken);
    c.layer_norm(rowsAt, ...affine, ...normed, samples * tokens, dim, attributes.epsilon);
    if (taken !== x) context.free(taken);
    multiply(
      context,
      { x: at.normed, kernel: context.pointer(kernel1), bias: context.pointer(bias1), y: at.first },
      { rows: samples * tokens, width: dim, outputs: inner },
    );
    if (attributes.attention) {
      const { heads, scale } = attributes.attention;
      const size = middle / heads;
      const scratch = context.scratch(c.attention_scratch(tokens, size));
      const outputs = [at.middle, at.logSumExp] as const;
      c.attention(at.first, ...outputs, samples, tokens, heads, size, queries, scale, scratch);
    } else {
      c.gelu(at.first, at.middle, samples * tokens * inner);
    }
    const branch = context.output([samples * queries * dim]);
    const branchAt = context.pointer(branch);
    multiply(
      context,
      { x: at.middle, kernel: context.pointer(kernel2), bias: context.pointer(bias2), y: branchAt },
      { rows: samples * queries, width: middle, outputs: dim },
    );

    let own = xAt;
    if (queries < tokens) {
      const leading = writeRows(context, leadingTokens(sizes));
      c.gather_rows(xAt, leading, yAt, batch * queries, dim, 1);
      own = yAt;
    }
    const rows = writeRows(context, attributes.rows);
    c.scatter_rows(own, branchAt, rows, yAt, samples, batch, queries * dim, attributes.factor);
    context.free(branch);
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
    const at = addressesOf(context, sizes, kept);
    const dx = context.output(x.shape);
    const [dgamma, dbeta] = [context.output([dim]), context.output([dim])];
    const [dkernel1, dbias1] = [context.output(kernel1.shape), context.output([inner])];
    const [dkernel2, dbias2] = [context.output(kernel2.shape), context.output([dim])];

    const dbranch = takenRows(context, dy, attributes, attributes.factor);
    const dmiddle = context.output([samples * queries * middle]);
    multiplyGrad(
      context,
      {
        x: at.middle,
        kernel: context.pointer(kernel2),
        dy: context.pointer(dbranch),
        dx: context.pointer(dmiddle),
        dkernel: context.pointer(dkernel2),
        dbias: context.pointer(dbias2),
      },
      { rows: samples * queries, width: middle, outputs: dim },
    );
    if (dbranch !== dy) context.free(dbranch);

    let dfirst = dmiddle;
    if (attributes.attention) {
      const { heads, scale } = attributes.attention;
      const size = middle / heads;
      dfirst = context.output([samples * tokens * inner]);
      const scratch = context.scratch(c.attention_scratch(tokens, size));
      const tensors = [at.first, at.middle, at.logSumExp, context.pointer(dmiddle), context.pointer(dfirst)];
      c.attention_grad(...tensors, samples, tokens, heads, size, queries, scale, scratch);
      context.free(dmiddle);
    } else {
      const dmiddleAt = context.pointer(dmiddle);
      c.gelu_grad(at.first, dmiddleAt, dmiddleAt, samples * tokens * inner);
    }

    const dnormed = context.output([samples * tokens * dim]);
    const dnormedAt = context.pointer(dnormed);
    multiplyGrad(
      context,
      {
        x: at.normed,
        kernel: context.pointer(kernel1),
        dy: context.pointer(dfirst),
        dx: dnormedAt,
        dkernel: context.pointer(dkernel1),
        dbias: context.pointer(dbias1),
      },
      { rows: samples * tokens, width: dim, outputs: inner },
    );
    context.free(dfirst);

    const taken = takenRows(context, x, attributes, 1);
    const inputs = [context.pointer(taken), context.pointer(gamma), at.mean, at.rstd, dnormedAt] as const;
    const outputs = [dnormedAt, context.pointer(dgamma), context.pointer(dbeta)] as const;
    c.layer_norm_grad(...inputs, ...outputs, samples * tokens, dim, context.scratch(DOUBLE * 2 * dim));
    if (taken !== x) context.free(taken);

    const dxAt = context.pointer(dx);
    const own = queries < tokens ? 0 : context.pointer(dy);
    const rows = writeRows(context, attributes.rows);
    c.scatter_rows(own, dnormedAt, rows, dxAt, samples, batch, tokens * dim, 1);
    context.free(dnormed);
    if (queries < tokens) {
      const leading = writeRows(context, leadingTokens(sizes));
      c.scatter_rows(dxAt, context.pointer(dy), leading, dxAt, batch * queries, batch * tokens, dim, 1);
    }
    return [dx, dgamma, dbeta, dkernel1, dbias1, dkernel2, dbias2] as const;
  },
);

type Info = tf.TensorInfo;

type Sizes = ReturnType<typeof branchSizes>;

/** Places in `kept`, in floats. */
type Place = "normed" | "mean" | "rstd" | "first" | "middle" | "logSumExp";

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
  const samples = rows.length;
  const counts: Record<Place, number> = {
    normed: samples * tokens * dim,
    mean: samples * tokens,
    rstd: samples * tokens,
    first: samples * tokens * inner,
    middle: samples * queries * middle,
    logSumExp: attention ? samples * attention.heads * queries : 0,
  };
  return { batch, tokens, dim, samples, queries, inner, middle, kept: laidOut(counts) };
}

const ALIGNMENT = 16; // floats: a cache line

/** Places of arrays one after the other, each aligned, and their size. */
function laidOut(counts: Record<Place, number>): { at: Record<Place, number>; floats: number } {
  let floats = 0;
  const at = { ...counts };
  for (const [name, count] of Object.entries(counts) as [Place, number][]) {
    at[name] = floats;
    floats += Math.ceil(count / ALIGNMENT) * ALIGNMENT;
  }
  return { at, floats };
}

function addressesOf(context: Context, { kept: { at, floats } }: Sizes, kept: Info): Record<Place, number> {
  if (sizeOf(kept.shape) !== floats) {
    throw new Error(`ResidualBranchGrad: expected kept [${floats}], got [${kept.shape}]`);
  }
  const base = context.pointer(kept);
  const addresses = { ...at };
  for (const name of Object.keys(at) as Place[]) addresses[name] = base + at[name] * FLOAT_BYTES;
  return addresses;
}

/** The branch's samples of `[batch, ...]` times a factor: the tensor itself where they are all, otherwise a copy, to be freed. */
function takenRows(context: Context, from: Info, { rows }: BranchAttributes, factor: number): Info {
  const [batch, ...sample] = from.shape;
  if (rows.length === batch && factor === 1) return from;
  const copy = context.output([rows.length, ...sample]);
  const addresses = [context.pointer(from), writeRows(context, rows), context.pointer(copy)] as const;
  context.c.gather_rows(...addresses, rows.length, sizeOf(sample), factor);
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
