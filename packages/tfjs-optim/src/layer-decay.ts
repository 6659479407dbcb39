import { type Checks, COUNT, check, FRACTION, optional, requireOptions } from "known-options";

/** Options of {@link layerDecay}. */
export interface LayerDecayOptions {
  /** Factor from one layer to the one before it, in (0, 1]. BEiT and MAE fine-tune with 0.65 to 0.75. */
  readonly decay: number;
  /** Transformer blocks of the model. */
  readonly depth: number;
  /** Smallest scale. Default 0. */
  readonly minScale?: number;
}

const CHECKS: Checks<LayerDecayOptions> = {
  decay: check("in (0, 1]", (value) => FRACTION.fits(value) && value !== 0),
  depth: COUNT,
  minScale: optional(FRACTION),
};

const STEM = /(^|[/.])(cls_token|dist_token|reg_token|pos_embed|patch_embed|norm_pre)(?![A-Za-z])/;
const BLOCK = /^blocks\.(\d+)\./;
const FINAL_NORM = /^norm\//;

/**
 * Layer-wise learning-rate decay of a vision transformer with timm's names: what is nearer to the images learns slower.
 *
 * Layers: 0 is the stem (patches, tokens, positions), `1 + i` is block `i`, the final norm goes with the last block, and
 * everything else (the heads) is layer `depth + 1`. A variable's scale is `decay ^ (depth + 1 − layer)`.
 *
 * @returns A variable's scale by its name, for `AdamWOptions.learningRateScale`.
 * @throws TypeError for an unknown option. RangeError if `decay` is not in (0, 1], `depth` is not an integer ≥ 1, or `minScale` is
 * not in [0, 1].
 * @see Bao et al. 2021, https://arxiv.org/abs/2106.08254; timm's `param_groups_layer_decay`
 *
 * @example
 * const scale = layerDecay({ decay: 0.5, depth: 2 });
 * console.log(scale("patch_embed.proj/kernel"), scale("blocks.1.norm1/gamma"), scale("classification_head/bias")); // 0.125 0.5 1
 */
export function layerDecay(options: LayerDecayOptions): (variableName: string) => number {
  requireOptions("layerDecay", options, CHECKS);
  const { decay, depth, minScale = 0 } = options;
  return (name) => Math.max(minScale, decay ** (depth + 1 - layerOf(name, depth)));
}

function layerOf(name: string, depth: number): number {
  const block = BLOCK.exec(name)?.[1];
  if (block !== undefined) return Number(block) + 1;
  if (STEM.test(name)) return 0;
  return FINAL_NORM.test(name) ? depth : depth + 1;
}
