import { sampleKey, siteOf, uniform } from "sample-keys";

const SITE = siteOf("procedural");

/** Random numbers of one picture, taken one after another; each picture has its own. */
export interface Draws {
  /** In [low, high). */
  between(low: number, high: number): number;
  /** In low … high, both included. */
  integer(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<T>(choices: readonly T[]): T;
}

/** The draws of picture `index` of `seed`. */
export function drawsOf(seed: number, index: number): Draws {
  const key = sampleKey(seed, 0, index);
  let count = 0;
  const next = (): number => uniform(key, SITE, count++);
  const between = (low: number, high: number): number => low + (high - low) * next();
  const integer = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));
  return {
    between,
    integer,
    chance: (probability) => next() < probability,
    pick: (choices) => choices[integer(0, choices.length - 1)]!,
  };
}
