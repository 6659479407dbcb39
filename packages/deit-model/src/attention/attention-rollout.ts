import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import {
  ANY,
  type Checks,
  OBJECT,
  oneOf,
  optional,
  RATE,
  requireArguments,
  requireOptions,
} from "known-options";
import type { AttentionMaps } from "./attention-maps.ts";
import { type ClassToken, observeAttention, type TokenLayout, tokenLayout } from "./observe-attention.ts";

/** A model and its input. */
export interface ModelAndImages {
  readonly model: tfl.LayersModel;
  /** `[batch, height, width, channels]`, float32, as the model takes them. Not disposed. */
  readonly images: tf.Tensor;
}

/** Options of {@link attentionRollout}. */
export interface AttentionRolloutOptions {
  /** Token whose attention is followed. Default `"class"`; `"distillation"` for distilled models. */
  readonly token?: ClassToken;
  /** Elementwise reduction over a block's heads. Default `"mean"`, the paper's. */
  readonly headFusion?: "mean" | "max" | "min";
  /** Share of each row of a fused map to set to 0, smallest values first; in [0, 1). Default 0. */
  readonly discardRatio?: number;
}

const CHECKS: Checks<AttentionRolloutOptions> = {
  token: ANY, // checked with the model
  headFusion: optional(oneOf("mean", "max", "min")),
  discardRatio: optional(RATE),
};
const FUSIONS = { mean: tf.mean, max: tf.max, min: tf.min } as const;

/**
 * Attention rollout: the share of each patch in a class token, as mixed by attention and the residual paths alone.
 *
 * With `A` a block's attention after fusing its heads, `A' = 0.5 A + 0.5 I` with rows divided by their sums; the result
 * is the token's row of `A'last · … · A'first`, computed as a vector from the last block back, so the last block needs the
 * class tokens' rows only. The patches' part of that row is returned **without rescaling**: the grid sums to 1 minus the
 * shares of class tokens and registers. To draw it, stretch minimum to maximum (a deep model's minimum is far from 0).
 *
 * From a model, heads are fused block by block: `4 · tokens²` bytes per image and block are held, 1.7 MB per image for
 * DeiT-Ti at 224². For both tokens, or several fusions, call {@link attentionMaps} once. Values equal to the smallest
 * one kept are kept too; no token is exempt from discarding.
 *
 * @param source - A model and images, or maps (not disposed).
 * @returns `[batch, rows, columns]` over the patches, a new tensor owned by the caller.
 * @throws RangeError if an option is out of range, the model has no such token, or the maps do not fit each other.
 * @see Abnar & Zuidema 2020, section 3, https://arxiv.org/abs/2005.00928; other fusions than the mean and discarding follow
 * https://github.com/jacobgil/vit-explain, which discards over a whole map instead of each row
 *
 * @example
 * const model = deit({ imageSize: [16, 24], patchSize: 8, dim: 24, depth: 2, heads: 3, classes: 5 });
 * const images = tf.zeros([1, 16, 24, 3]);
 * console.log(attentionRollout({ model, images }, { token: "distillation" }).shape); // [1, 2, 3]
 */
export function attentionRollout(
  source: AttentionMaps | ModelAndImages,
  options: AttentionRolloutOptions = {},
): tf.Tensor3D {
  requireOptions("attentionRollout", options, CHECKS);
  requireArguments("attentionRollout", { source }, { source: OBJECT });
  const { token = "class", headFusion = "mean", discardRatio = 0 } = options;
  const layout = "layers" in source ? source : tokenLayout("attentionRollout", source.model);
  const place = layout.places[layout.classTokens.indexOf(token)];
  if (place === undefined) {
    const names = layout.classTokens.map((name) => `'${name}'`).join(" or ");
    throw new RangeError(`attentionRollout: token must be ${names} for this model, got '${token}'`);
  }
  if ("layers" in source) requireChain(source.layers, 4, layout);
  const fuse = (p: tf.Tensor4D) =>
    tf.tidy(() => discard(FUSIONS[headFusion](p, 1) as tf.Tensor3D, discardRatio));
  return tf.tidy(() => {
    const maps =
      "layers" in source
        ? source.layers.map(fuse)
        : observeAttention("attentionRollout", source.model, source.images, fuse);
    requireChain(maps, 3, layout);
    return patchesOf(rowOfProduct(maps, place), layout);
  });
}

/** Row `index` of the product of all `A'`, last to first: `[batch, 1, tokens]`. */
function rowOfProduct(maps: readonly tf.Tensor3D[], index: number): tf.Tensor3D {
  const [batch, queries] = maps.at(-1)!.shape;
  const start = placed(tf.ones([batch, 1, 1]), index, queries);
  return maps.reduceRight((row, map) => timesResidual(row, map), start);
}

/** Computes `row · A'`; queries are the first tokens, so a query's index is its token's. */
function timesResidual(row: tf.Tensor3D, map: tf.Tensor3D): tf.Tensor3D {
  const [batch, queries, tokens] = map.shape;
  const sums = tf.reshape(tf.sum(map, -1), [batch, 1, queries]);
  const shares = tf.div<tf.Tensor3D>(row, tf.add(sums, 1)); // (0.5 A + 0.5 I) / (0.5 sum + 0.5)
  return tf.add(tf.matMul(shares, map), placed(shares, 0, tokens)); // [batch, 1, tokens]
}

/** Pads a row with zeros: `[batch, 1, n]` → `[batch, 1, length]`, from index `start`. */
function placed(row: tf.Tensor3D, start: number, length: number): tf.Tensor3D {
  return tf.pad3d(row, [
    [0, 0],
    [0, 0],
    [start, length - start - row.shape[2]],
  ]);
}

function patchesOf(row: tf.Tensor3D, { prefixTokens, grid: [rows, columns] }: TokenLayout): tf.Tensor3D {
  const patches = tf.slice(row, [0, 0, prefixTokens], [-1, -1, -1]);
  return tf.reshape(patches, [row.shape[0], rows, columns]);
}

/** Zeroes the smallest numbers of each row of `[batch, queries, tokens]`. */
function discard(map: tf.Tensor3D, ratio: number): tf.Tensor3D {
  const tokens = map.shape[2];
  const dropped = Math.floor(ratio * tokens);
  if (dropped === 0) return map;
  const { values } = tf.topk(map, tokens - dropped); // [batch, queries, kept], largest first
  const smallest = tf.slice(values, [0, 0, tokens - dropped - 1], [-1, -1, 1]);
  return tf.mul(map, tf.cast(tf.greaterEqual(map, smallest), "float32"));
}

/** Throws a RangeError unless each map's tokens are the queries of the one before, and the first map has all tokens. */
function requireChain(maps: readonly tf.Tensor[], rank: number, layout: TokenLayout): void {
  const { prefixTokens, places, grid } = layout;
  if (maps.length === 0) throw new RangeError("attentionRollout: maps must have a layer, got none");
  const batch = maps[0]!.shape[0];
  const least = Math.max(...places) + 1; // the last block may compute the first tokens only
  let tokens = prefixTokens + grid[0] * grid[1];
  for (const [i, { shape }] of maps.entries()) {
    const [queries = 0, keys] = shape.slice(-2);
    const fits = shape.length === rank && shape[0] === batch && keys === tokens;
    if (!fits || queries < least || queries > tokens) {
      throw new RangeError(
        `attentionRollout: the map of layer ${i} must have ${batch} images, ${least}...${tokens} ` +
          `queries and ${tokens} tokens, got [${shape}]`,
      );
    }
    tokens = queries;
  }
}
