/** A color, each part in [0, 255]. */
export type Rgb = readonly [red: number, green: number, blue: number];

/** From little to much attention: dark to light, so that it reads without color too. */
const ATTENTION: readonly Rgb[] = [
  [14, 10, 46],
  [71, 30, 130],
  [158, 50, 138],
  [229, 92, 91],
  [250, 168, 74],
  [252, 246, 190],
];

/** From patches that speak against a class to those that speak for it; the middle is neutral. */
const AGAINST: Rgb = [33, 113, 201];
const FOR: Rgb = [226, 84, 26];

/** Color of an attention in [0, 1], where 1 is the picture's most. */
export function attentionColor(value: number): Rgb {
  const at = Math.min(1, Math.max(0, value)) * (ATTENTION.length - 1);
  const low = Math.min(ATTENTION.length - 2, Math.floor(at));
  return mix(ATTENTION[low]!, ATTENTION[low + 1]!, at - low);
}

/** Color of an effect in [-1, 1], and its opacity: what decides nothing is clear. */
export function effectColor(value: number): { color: Rgb; alpha: number } {
  return { color: value < 0 ? AGAINST : FOR, alpha: Math.min(1, Math.abs(value)) };
}

function mix(from: Rgb, to: Rgb, share: number): Rgb {
  const part = (index: 0 | 1 | 2) => Math.round(from[index] + (to[index] - from[index]) * share);
  return [part(0), part(1), part(2)];
}

/** The attention's scale as a CSS background. */
export const ATTENTION_GRADIENT: string = `linear-gradient(90deg, ${ATTENTION.map(css).join(", ")})`;

/** The effects' scale as a CSS background. */
export const EFFECT_GRADIENT: string = `linear-gradient(90deg, ${css(AGAINST)}, rgb(140 140 140), ${css(FOR)})`;

function css([red, green, blue]: Rgb): string {
  return `rgb(${red} ${green} ${blue})`;
}
