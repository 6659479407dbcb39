import type { PictureAttention } from "./attention-of.ts";
import { BLUE_TO_RED, INFERNO } from "./colormap.ts";
import type { ColorScale, PatchGrid } from "./heat-map.ts";

/** Difference of two tokens' multiples, of any patch, from which on it is shown. */
const VISIBLE = 0.1;
/** Whether the tokens look at different patches of any of the pictures. */
export function areDifferent(pictures: readonly PictureAttention[]): boolean {
  return pictures.some(({ difference }) => difference !== undefined && largest(difference) >= VISIBLE);
}

/** Least ratio of a scale's ends, and least distance of a difference from 0: less would show noise. */
const LEAST = { ratio: 1.1, difference: 0.05 } as const;
/** Multiples below this one have the color of this one: a logarithm has no end. */
const FLOOR = 0.01;

/** From the smallest to the largest multiple, by ratios: one patch with most of the attention leaves the others apart. */
export function shareScale({ values }: PatchGrid): ColorScale {
  const all = Array.from(values, (value) => Math.max(FLOOR, value));
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const wider = Math.sqrt(Math.max(1, (LEAST.ratio * low) / high));
  return { low: low / wider, high: high * wider, colors: INFERNO, isLogarithmic: true };
}

/** As far below 0 as above. */
export function differenceScale(grid: PatchGrid): ColorScale {
  const end = Math.max(largest(grid), LEAST.difference);
  return { low: -end, high: end, colors: BLUE_TO_RED };
}

function largest({ values }: PatchGrid): number {
  return Math.max(...Array.from(values, Math.abs));
}
