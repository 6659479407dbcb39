import type { Activation, Init, MlpName } from "vit-blocks";

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
  /** Number of registers: learned tokens between the class tokens and the patches, which no head reads. Default 0. */
  readonly regTokens?: number;
  /** Whether only patches have positions, not class tokens and registers. Default false. */
  readonly noEmbedClass?: boolean;
  /** First value of LayerScale's factors, for instance 1e-5. Default: no LayerScale. */
  readonly initValues?: number;
  /** Whether a LayerNorm over each head's channels normalizes queries and keys. Default false. */
  readonly qkNorm?: boolean;
  /** Whether queries, keys and values have biases. Default true. */
  readonly qkvBias?: boolean;
  /** Whether the projection after attention and the MLP have biases. Default true. */
  readonly projBias?: boolean;
  /** Activation of the MLP. Default `"gelu"`, or `"silu"` of the gated MLPs. */
  readonly actLayer?: Activation;
  /** Kind of MLP; `mlpRatio` gives its hidden dimension as in timm. Default `"mlp"`. */
  readonly mlpLayer?: MlpName;
  /**
   * What the head of {@link vit} reads: the class token, the mean of the patch tokens, or both side by side, `[batch, 2 · dim]`, as
   * DINOv2's classifiers. Default `"token"`.
   */
  readonly globalPool?: "token" | "avg" | "token_avg";
  /** Whether the final norm follows the pooling (`fc_norm`) instead of preceding it (`norm`). Default: with `globalPool: "avg"`. */
  readonly fcNorm?: boolean;
  /** Share of the patches that training leaves out of each sample, in [0, 1). Default 0. */
  readonly patchDropRate?: number;
}

/** A {@link VitConfig} without the number of classes. */
export type VitSize = Omit<VitConfig, "classes">;

const deit3 = {
  imageSize: 224,
  patchSize: 16,
  depth: 12,
  headDim: 64,
  noEmbedClass: true,
  initValues: 1e-6,
} as const;
const published = { imageSize: 224, patchSize: 16, depth: 12, headDim: 64, dropPathRate: 0.1 } as const;

/**
 * Published sizes, to be completed by `classes`.
 *
 * `keras` is the student of the Keras example, whose heads have the dimension of the whole model (Keras' `key_dim` is per
 * head); `deit*` are DeiT's and `deit3*` DeiT III's, with LayerScale and no position of the class token. `vitSmallReg4` is ViT-S/14 of
 * DINOv2 with four registers, at 518 pixels. DeiT III's and DINOv2's have no drop path: their training recipes set it.
 *
 * @see https://keras.io/examples/vision/deit/; Touvron et al. 2020, table 1, https://arxiv.org/abs/2012.12877; Touvron et al. 2022,
 * https://arxiv.org/abs/2204.07118; Darcet et al. 2023, https://arxiv.org/abs/2309.16588
 *
 * @example
 * const model = deit({ ...config.deitTiny, classes: 5 });
 */
export const config: {
  readonly keras: VitSize;
  readonly deitTiny: VitSize;
  readonly deitSmall: VitSize;
  readonly deitBase: VitSize;
  readonly deit3Small: VitSize;
  readonly deit3Medium: VitSize;
  readonly deit3Base: VitSize;
  readonly vitSmallReg4: VitSize;
} = {
  keras: { ...published, dim: 192, heads: 3, headDim: 192, init: "keras" },
  deitTiny: { ...published, dim: 192, heads: 3, init: "timm" },
  deitSmall: { ...published, dim: 384, heads: 6, init: "timm" },
  deitBase: { ...published, dim: 768, heads: 12, init: "timm" },
  deit3Small: { ...deit3, dim: 384, heads: 6, init: "timm" },
  deit3Medium: { ...deit3, dim: 512, heads: 8, init: "timm" },
  deit3Base: { ...deit3, dim: 768, heads: 12, init: "timm" },
  vitSmallReg4: {
    ...{ imageSize: 518, patchSize: 14, depth: 12, headDim: 64, dim: 384, heads: 6, init: "timm" },
    ...{ noEmbedClass: true, initValues: 1e-5, regTokens: 4 },
  },
};
