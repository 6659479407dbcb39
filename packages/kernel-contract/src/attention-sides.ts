import type * as tf from "@tensorflow/tfjs-core";
import type { AttributesOf } from "./kernels.ts";

/** Sizes of one attention. */
export interface AttentionSides {
  readonly batch: number;
  readonly tokens: number;
  readonly heads: number;
  /** Channels of a head. */
  readonly size: number;
  readonly queries: number;
}

/** Sizes of an attention from `qkv` and the attributes. Throws if they do not fit. */
export function attentionSides(
  kernel: string,
  qkv: tf.TensorInfo,
  { heads, queries }: AttributesOf<"Attention">,
): AttentionSides {
  const [batch, tokens, width] = qkv.shape as [number, number, number];
  if (qkv.shape.length !== 3 || width % (3 * heads) !== 0) {
    throw new Error(`${kernel}: expected qkv to be [batch, tokens, 3 · ${heads} · size], got [${qkv.shape}]`);
  }
  const count = queries ?? tokens;
  if (!(count >= 0 && count <= tokens)) {
    throw new Error(`${kernel}: expected queries between 0 and ${tokens} tokens, got ${count}`);
  }
  return { batch, tokens, heads, size: width / (3 * heads), queries: count };
}
