import * as tf from "@tensorflow/tfjs-core";
import { type Checks, COUNT, FINITE, optional, requireOptions } from "known-options";

/** Options that `attention` and `attentionProbabilities` share. */
export interface HeadOptions {
  /** Number of heads; `3 · heads` must divide the last axis of `qkv`. */
  readonly heads: number;
  /** Factor of the scores. Default `1 / sqrt(headDim)`. */
  readonly scale?: number;
  /** Compute outputs for the first `queries` tokens only; keys and values still come from all. Default: all tokens. */
  readonly queries?: number;
}

/** Checks of {@link HeadOptions}. */
export const HEAD_OPTIONS: Checks<HeadOptions> = {
  heads: COUNT,
  scale: optional(FINITE),
  queries: optional(FINITE), // 1…tokens: checked with the shape
};

/** Sizes of one call, checked. */
export interface HeadSizes {
  readonly batch: number;
  readonly tokens: number;
  readonly heads: number;
  readonly size: number;
  readonly queries: number;
  readonly scale: number;
}

/**
 * Returns the sizes of a call.
 *
 * @throws TypeError for an unknown option; RangeError if the shape does not fit the heads or `queries` is not in 1…tokens.
 */
export function headSizes<Options extends HeadOptions>(
  caller: string,
  qkv: tf.Tensor,
  options: Options,
  checks: Checks<Options>,
): HeadSizes {
  const { heads } = requireOptions(caller, options, checks);
  const [batch = 0, tokens = 0, width = 0] = qkv.shape;
  if (qkv.rank !== 3 || width % (3 * heads) !== 0) {
    throw new RangeError(
      `${caller}: qkv must be [batch, tokens, 3 * heads * headDim] with ${heads} heads, got [${qkv.shape}]`,
    );
  }
  const { queries = tokens } = options;
  if (!(Number.isInteger(queries) && queries >= 1 && queries <= tokens)) {
    throw new RangeError(`${caller}: queries must be an integer in 1...${tokens}, got ${queries}`);
  }
  const size = width / (3 * heads);
  return { batch, tokens, heads, size, queries, scale: options.scale ?? 1 / Math.sqrt(size) };
}

/** Splits `qkv` into q (scaled, `[batch, heads, queries, size]`), k and v (`[batch, heads, tokens, size]`). */
export function splitHeads(qkv: tf.Tensor, sides: HeadSizes): { q: tf.Tensor; k: tf.Tensor; v: tf.Tensor } {
  const { batch, tokens, heads, size, queries, scale } = sides;
  const rows = tf.transpose(tf.reshape(qkv, [batch, tokens, 3 * heads, size]), [0, 2, 1, 3]); // q, k, v heads
  const part = (index: number, count: number) =>
    tf.slice(rows, [0, index * heads, 0, 0], [batch, heads, count, size]);
  return { q: tf.mul(part(0, queries), scale), k: part(1, tokens), v: part(2, tokens) };
}
