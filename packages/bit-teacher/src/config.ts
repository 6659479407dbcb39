/** Size of a BiT ResNet-v2, as plain data. */
export interface BitSize {
  /** Number of bottleneck units of each stage. */
  readonly depths: readonly number[];
  /** Factor of all channels. Default 1. */
  readonly width?: number;
  /** Output channels of each stage before `width`; a unit's inner channels are a quarter. Default 256, 512, 1024, 2048. */
  readonly channels?: readonly number[];
  /** Output channels of the first convolution before `width`. Default 64. */
  readonly stemChannels?: number;
  /** Number of groups of each GroupNorm; must divide all channels. Default 32. */
  readonly groups?: number;
  /** Constant added to the variance of the weights. Default 1e-10, as Google's BiT; timm has 1e-8. */
  readonly weightEpsilon?: number;
}

/** Config of {@link bit}. */
export interface BitConfig extends BitSize {
  /** Number of classes; 0 outputs the features. */
  readonly classes: number;
  /** Image size in pixels: one number for a square, or `[height, width]`. Default: any height and width. */
  readonly imageSize?: number | readonly [height: number, width: number];
  /** Initial weights; `"zeros"` is faster where weights are loaded afterwards. Default `"random"`. */
  readonly init?: "random" | "zeros";
  /** Seed of the initial weights, uint32. Default 0. */
  readonly seed?: number;
}

/** Names of {@link bitSizes}. */
export type BitName = "tiny" | "r50x1" | "r50x3" | "r101x1" | "r101x3" | "r152x2" | "r152x4";

/**
 * Published sizes, and `tiny`, which trains on small images in a minute.
 *
 * @see Kolesnikov et al. 2019, table 5, https://arxiv.org/abs/1912.11370;
 * https://github.com/google-research/big_transfer
 *
 * @example
 * const model = bit({ ...bitSizes.tiny, classes: 5 });
 */
export const bitSizes: Readonly<Record<BitName, BitSize>> = {
  tiny: { depths: [1, 1, 1], channels: [64, 128, 256], stemChannels: 16, groups: 8 },
  r50x1: { depths: [3, 4, 6, 3] },
  r50x3: { depths: [3, 4, 6, 3], width: 3 },
  r101x1: { depths: [3, 4, 23, 3] },
  r101x3: { depths: [3, 4, 23, 3], width: 3 },
  r152x2: { depths: [3, 8, 36, 3], width: 2 },
  r152x4: { depths: [3, 8, 36, 3], width: 4 },
};
