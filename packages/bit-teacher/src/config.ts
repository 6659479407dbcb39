/** A BiT ResNet-v2's size: plain data. */
export interface BitSize {
  /** Bottleneck units of each stage. */
  readonly depths: readonly number[];
  /** What all channels are multiplied by. Default 1. */
  readonly width?: number;
  /** Outputs of each stage before `width`; a unit's inner channels are a quarter of them. Default 256, 512, 1024, 2048. */
  readonly channels?: readonly number[];
  /** Outputs of the first convolution before `width`. Default 64. */
  readonly stemChannels?: number;
  /** Groups of each normalization; must divide all channels. Default 32. */
  readonly groups?: number;
  /** Added to the variance of standardized weights. Default 1e-10, Google's; timm's models have 1e-8. */
  readonly weightEpsilon?: number;
}

/** A {@link BitSize} with what a classifier needs. */
export interface BitConfig extends BitSize {
  /** 0: the features instead of logits. */
  readonly classes: number;
  /** Pixels, square. Default: any, and any sides. */
  readonly imageSize?: number;
  /** Initial weights; `"zeros"` saves the drawing where weights are loaded. Default `"random"`. */
  readonly init?: "random" | "zeros";
  /** Seed of the initial weights, uint32. Default 0. */
  readonly seed?: number;
}

/** Names of {@link bitSizes}. */
export type BitName = "tiny" | "r50x1" | "r50x3" | "r101x1" | "r101x3" | "r152x2" | "r152x4";

/**
 * The published sizes, and `tiny`, which trains on small pictures in a minute.
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
