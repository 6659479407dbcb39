import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import {
  BOOLEAN,
  type Checks,
  MODEL,
  optional,
  requireArguments,
  requireOptions,
  UINT32,
} from "known-options";
import { modelWeights } from "named-weights";
import { normal, sampleKey, siteOf } from "sample-keys";
import { MultiHeadSelfAttention } from "vit-blocks";
import { layersOf } from "../weights/layers-of.ts";
import { patchGrid } from "../weights/position-change.ts";
import { timmName } from "../weights/timm-name.ts";
import { type MimeticFactors, mimeticAttention } from "./mimetic-attention.ts";
import { sinusoidalPositions } from "./sinusoidal-positions.ts";

/** Options of {@link mimeticInit}. */
export interface MimeticInitOptions {
  /** Seed of the noise, uint32. Default 0. */
  readonly seed?: number;
  /** Whether the position embedding starts from sines and cosines. Default true. */
  readonly positions?: boolean;
}

const CHECKS: Checks<MimeticInitOptions> = { seed: optional(UINT32), positions: optional(BOOLEAN) };

/** `Q · Kᵀ ≈ 0.7 Z + 0.7 I`. */
const QUERY_KEY: MimeticFactors = { alpha: 0.7, beta: 0.7 };
/** `V · P = 0.4 Z − 0.4 I`. */
const VALUE_PROJECTION: MimeticFactors = { alpha: 0.4, beta: 0.4 };
const SITES = {
  queryKey: siteOf("mimetic.query_key"),
  valueProjection: siteOf("mimetic.value_projection"),
} as const;

/** An attention layer's kernels. */
interface Attention {
  readonly heads: number;
  readonly dim: number;
  readonly qkv: tfl.LayerVariable;
  readonly proj: tfl.LayerVariable;
}

/**
 * Replaces the initial weights of attention and positions by ones that resemble trained ones (mimetic initialization), which helps a
 * plain ViT on few images.
 *
 * In each block the product of query and key weights becomes `0.7 Z + 0.7 I` per head, by its best approximation of rank `dim /
 * heads`, and that of value and projection `0.4 Z − 0.4 I` for all heads together; `Z` are normal numbers of variance `1 / dim`, other
 * ones in each head and block. The factors are those of the singular value decomposition, with the root of the singular values on
 * each side. Positions are sines and cosines of column and row; class tokens and all other weights stay as they are. The singular value
 * decompositions run in JavaScript: seconds for DeiT-Ti, minutes for DeiT-B.
 *
 * @param model - A new model of {@link deit}, {@link vit} or {@link createModel}, or one with attention layers of `vit-blocks`.
 * @throws RangeError if the model has no attention layer, `heads · headDim` is not `dim`, or `dim` is not a multiple of 4 of at least 8
 * (`positions`); TypeError for an unknown option. Nothing is changed then.
 * @see Trockman and Kolter 2023, https://arxiv.org/abs/2305.09828
 *
 * @example
 * const student = vit({ imageSize: 32, patchSize: 8, dim: 24, depth: 2, heads: 3, classes: 5, init: "timm" });
 * mimeticInit(student, { seed: 42 });
 */
export function mimeticInit(model: tfl.LayersModel, options: MimeticInitOptions = {}): void {
  const { seed = 0, positions = true } = requireOptions("mimeticInit", options, CHECKS);
  requireArguments("mimeticInit", { model }, { model: MODEL });
  const layers = attentionLayers(model);
  const embedding = positions ? positionsOf(model) : undefined;
  const writes = layers.flatMap(({ qkv, proj, dim, heads }, block) => {
    const key = (head: number) => sampleKey(seed, block, head);
    const weights = mimeticAttention({
      ...{ dim, heads, queryKey: QUERY_KEY, valueProjection: VALUE_PROJECTION },
      noise: {
        queryKey: (head) => normals(dim * dim, key(head), SITES.queryKey),
        valueProjection: () => normals(dim * dim, key(0), SITES.valueProjection),
      },
    });
    return [[qkv, weights.qkv] as const, [proj, weights.proj] as const];
  });
  for (const [variable, values] of [...writes, ...(embedding ? [embedding] : [])]) {
    const value = tf.tensor(values, variable.shape as number[]);
    variable.write(value);
    value.dispose(); // the variable holds its data now
  }
}

function attentionLayers(model: tfl.LayersModel): Attention[] {
  const layers = layersOf(model).filter((layer) => layer instanceof MultiHeadSelfAttention);
  if (layers.length === 0) {
    throw new RangeError("mimeticInit: the model must have attention layers of vit-blocks, got none");
  }
  return layers.map((layer) => {
    const named = (name: string) => layer.weights.find(({ originalName }) => originalName.endsWith(name))!;
    const [qkv, proj] = [named("qkv.kernel"), named("proj.kernel")];
    const [width, dim] = proj.shape as [number, number];
    if (width !== dim) {
      throw new RangeError(
        `mimeticInit: ${layer.name}: heads times headDim must be dim ${dim}, got ${width}: query and key, value and projection have one product then`,
      );
    }
    return { heads: layer.heads, dim, qkv, proj };
  });
}

/** The position embedding and its new values. */
function positionsOf(model: tfl.LayersModel): readonly [tfl.LayerVariable, Float32Array] {
  const weights = modelWeights("mimeticInit", model, timmName);
  const embedding = weights.get("pos_embed");
  const grid = patchGrid(model, weights);
  const [, tokens = 0, dim = 0] = embedding?.shape ?? [];
  const prefix = grid === undefined ? -1 : tokens! - grid[0] * grid[1];
  if (embedding === undefined || grid === undefined || prefix < 0) {
    throw new RangeError(
      "mimeticInit: the model must have a position embedding of its patches, got none; positions: false leaves positions as they are",
    );
  }
  if (dim! % 4 !== 0 || dim! < 8) {
    throw new RangeError(
      `mimeticInit: dim must be a multiple of 4 of at least 8, got ${dim}; positions: false leaves positions as they are`,
    );
  }
  return [embedding, sinusoidalPositions(grid, dim!, prefix)];
}

function normals(count: number, key: number, site: number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => normal(key, site, i));
}
