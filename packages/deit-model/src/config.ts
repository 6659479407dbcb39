import type { Init } from "vit-blocks";

/** A vision transformer's size and options: plain data. */
export interface VitConfig {
  /** Pixels: one number for a square, or `[height, width]`. */
  readonly imageSize: number | readonly [height: number, width: number];
  /** Pixels; must divide both sides of the image. */
  readonly patchSize: number;
  /** Embedding dimension. */
  readonly dim: number;
  /** Transformer blocks. */
  readonly depth: number;
  readonly heads: number;
  /** Numbers per head. Default `dim / heads`, which must then be whole. */
  readonly headDim?: number;
  /** The MLP's width as a multiple of `dim`. Default 4. */
  readonly mlpRatio?: number;
  /** Input channels. Default 3. */
  readonly channels?: number;
  /** Outputs of each head; 0 gives the features instead, `[batch, dim]`, as timm's `num_classes=0`. */
  readonly classes: number;
  /** Stochastic depth of the last block; it grows linearly from 0 at the first. Default 0. */
  readonly dropPathRate?: number;
  /** Dropout after the position embedding and in the MLPs. Default 0. */
  readonly dropRate?: number;
  /** Dropout on the attention's scores. Default 0. */
  readonly attnDropRate?: number;
  /** LayerNorm's epsilon. Default 1e-6. */
  readonly epsilon?: number;
  /** Library whose initialization is used. Default `"keras"`. */
  readonly init?: Init;
  /** Seed of the initial weights, uint32. Default 0. */
  readonly seed?: number;
  /** Let the last block compute all its tokens, though only the class tokens are read. Default false. */
  readonly allTokens?: boolean;
}

/** A {@link VitConfig} without the number of classes. */
export type VitSize = Omit<VitConfig, "classes">;

const published = { imageSize: 224, patchSize: 16, depth: 12, headDim: 64, dropPathRate: 0.1 } as const;

/**
 * Published sizes; add `classes`.
 *
 * `keras` is the student of the Keras example, whose heads are as wide as the model (Keras' `key_dim` is a size per
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
