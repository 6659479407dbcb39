import type * as tf from "@tensorflow/tfjs-core";
import type { BranchAttributes } from "kernel-contract";

type Given = Readonly<Record<"x" | "kernel1" | "kernel2", tf.TensorInfo>> & {
  readonly mask?: tf.TensorInfo | undefined;
};

interface BranchSizes {
  readonly batch: number;
  readonly tokens: number;
  readonly dim: number;
  /** Leading tokens that y has. */
  readonly queries: number;
  /** Columns of the first product, and inner side of the second. */
  readonly inner: number;
  readonly middle: number;
}

/** Sizes of a branch. Throws if they do not fit. */
export function branchSizes(
  op: string,
  { x, kernel1, kernel2, mask }: Given,
  { rows, factor, attention }: BranchAttributes,
): BranchSizes {
  const [batch, tokens, dim] = x.shape as [number, number, number];
  const [width, inner] = kernel1.shape as [number, number];
  const [middle, outputs] = kernel2.shape as [number, number];
  const queries = attention?.queries ?? tokens;
  const fits = attention
    ? inner === 3 * middle && middle % attention.heads === 0 && queries >= 1 && queries <= tokens
    : inner === middle;
  if (
    x.shape.length !== 3 ||
    width !== dim ||
    outputs !== dim ||
    !fits ||
    batch * tokens * dim * inner === 0
  ) {
    throw new Error(
      `${op}: expected x [batch, tokens, dim], kernel1 [dim, ${attention ? "3 · middle" : "middle"}] and kernel2 [middle, dim], ` +
        `got [${x.shape}], [${kernel1.shape}] and [${kernel2.shape}]`,
    );
  }
  if (rows.length !== batch || factor !== 1) {
    throw new Error(
      `${op}: expected all ${batch} rows and the factor 1, which a mask replaces here, got ${rows.length} and ${factor}`,
    );
  }
  if (mask !== undefined && mask.shape.join() !== `${batch}`) {
    throw new Error(`${op}: expected mask to be [${batch}], got [${mask.shape}]`);
  }
  return { batch, tokens, dim, queries, inner, middle };
}
