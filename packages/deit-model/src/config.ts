import type { Init } from "vit-blocks";

/** Size and options of a vision transformer, as plain data. */
export interface VitConfig {
  /** Image size in pixels: one number for a square, or `[height, width]`. */
  readonly imageSize: number | readonly [height: number, width: number];
  /** Side of a patch in pixels; must divide both sides of the image. */
  readonly patchSize: number;
  /** Embedding dimension. */
  readonly dim: number;
  /** Number of transformer blocks. */
  readonly depth: number;
  /** Number of attention heads. */
  readonly heads: number;
  /** Dimension of a head. Default `dim / heads`, which must be an integer. */
  readonly headDim?: number;
  /** Hidden dimension of the MLP as a multiple of `dim`. Default 4. */
  readonly mlpRatio?: number;
  /** Input channels. Default 3. */
  readonly channels?: number;
  /** Number of classes; 0 outputs the features `[batch, dim]`, as timm's `num_classes=0`. */
  readonly classes: number;
  /** Stochastic-depth rate of the last block; rates grow linearly from 0 at the first. Default 0. */
  readonly dropPathRate?: number;
  /** Dropout rate after the position embedding and in the MLPs. Default 0. */
  readonly dropRate?: number;
  /** Dropout rate of the attention probabilities. Default 0. */
  readonly attnDropRate?: number;
  /** LayerNorm's epsilon. Default 1e-6. */
  readonly epsilon?: number;
  /** Library whose initialization is used. Default `"keras"`. */
  readonly init?: Init;
  /** Seed of the initial weights, uint32. Default 0. */
  readonly seed?: number;
  /** Whether the last block computes all tokens, not only the class tokens that the heads read. Default false. */
  readonly allTokens?: boolean;
}

/** A {@link VitConfig} without the number of classes. */
export type VitSize = Omit<VitConfig, "classes">;

const published = { imageSize: 224, patchSize: 16, depth: 12, headDim: 64, dropPathRate: 0.1 } as const;

/**
 * Published sizes, to be completed by `classes`.
 *
 * `keras` is the student of the Keras example, whose heads have the dimension of the whole model (Keras' `key_dim` is per
 * head); the others are DeiT's.
 *
 * @see https://keras.io/examples/vision/deit/; Touvron et al. 2020, table 1, https://arxiv.org/abs/2012.12877
 *
 * @example
 * const model = deit({ ...config.deitTiny, classes: 5 });
 */
export const config: {
  readonly keras: VitSize;
  readonly deitTiny: VitSize;
  readonly deitSmall: VitSize;
  readonly deitBase: VitSize;
} = {
  keras: { ...published, dim: 192, heads: 3, headDim: 192, init: "keras" },
  deitTiny: { ...published, dim: 192, heads: 3, init: "timm" },
  deitSmall: { ...published, dim: 384, heads: 6, init: "timm" },
  deitBase: { ...published, dim: 768, heads: 12, init: "timm" },
};
