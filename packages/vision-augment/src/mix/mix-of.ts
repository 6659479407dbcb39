import { atLeast, type Checks, FRACTION, optional, requireOptions } from "known-options";
import { siteOf, uniform } from "sample-keys";
import { beta } from "./beta.ts";

const MIX = siteOf("mix");
const SWITCH = siteOf("mix.switch");
const MIDDLE = siteOf("mix.middle");

/** Options of {@link mixOf}; the defaults are DeiT's. */
export interface MixOptions {
  /** Parameter of MixUp's beta distribution; 0: no MixUp. Default 0.8. */
  readonly mixupAlpha?: number;
  /** Parameter of CutMix's beta distribution; 0: no CutMix. Default 1. */
  readonly cutmixAlpha?: number;
  /** Probability of mixing a batch, in [0, 1]. Default 1. */
  readonly probability?: number;
  /** Probability of CutMix in a mixed batch, where both are on, in [0, 1]. Default 0.5. */
  readonly switchProbability?: number;
}

/** Checks of {@link MixOptions}. */
export const MIX_CHECKS: Checks<MixOptions> = {
  mixupAlpha: optional(atLeast(0)),
  cutmixAlpha: optional(atLeast(0)),
  probability: optional(FRACTION),
  switchProbability: optional(FRACTION),
};

/** Mix of a row with its partner. */
export type Mix =
  | { readonly kind: "none" }
  /** `lambda`: a row's share of itself; its partner gets the rest. */
  | { readonly kind: "mixup"; readonly lambda: number }
  /** `1 − lambda`: area of the box before what lies outside is cut off. `middle`: of the box, y and x of the sides. */
  | { readonly kind: "cutmix"; readonly lambda: number; readonly middle: readonly [number, number] };

/**
 * Draws a mix, MixUp, CutMix or neither, as timm's `Mixup` does for a batch, a pair of rows or a row.
 *
 * @param key - uint32; one mix a key.
 * @throws TypeError for an unknown option. RangeError if one is out of range.
 * @see Zhang et al. 2017, https://arxiv.org/abs/1710.09412; Yun et al. 2019, https://arxiv.org/abs/1905.04899
 *
 * @example
 * console.log(mixOf({ cutmixAlpha: 0 }, 7).kind); // mixup
 */
export function mixOf(options: MixOptions, key: number): Mix {
  requireOptions("mixOf", options, MIX_CHECKS);
  const { mixupAlpha = 0.8, cutmixAlpha = 1, probability = 1, switchProbability = 0.5 } = options;
  if (uniform(key, MIX) >= probability || (mixupAlpha === 0 && cutmixAlpha === 0)) return { kind: "none" };
  const cut = mixupAlpha === 0 || (cutmixAlpha > 0 && uniform(key, SWITCH) < switchProbability);
  if (!cut) return { kind: "mixup", lambda: beta(mixupAlpha, key) };
  const middle = [uniform(key, MIDDLE, 0), uniform(key, MIDDLE, 1)] as const;
  return { kind: "cutmix", lambda: beta(cutmixAlpha, key), middle };
}
