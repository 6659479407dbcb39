import { uniform } from "./uniform.ts";

/** A sequence of random draws. */
export interface Draws {
  /** A number in [low, high). */
  between(low: number, high: number): number;
  /** An integer from `low` to `high`, both included. */
  integer(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<T>(choices: readonly T[]): T;
}

/** Returns the draws for one decision that needs several numbers, fixed by key and site. */
export function drawsAt(key: number, site: number): Draws {
  let count = 0;
  return drawsFrom(() => uniform(key, site, count++));
}

/**
 * Returns draws from a generator of your own.
 *
 * @param next - Returns the next number, in [0, 1).
 */
export function drawsFrom(next: () => number): Draws {
  const between = (low: number, high: number): number => low + (high - low) * next();
  const integer = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));
  return {
    between,
    integer,
    chance: (probability) => next() < probability,
    pick: (choices) => choices[integer(0, choices.length - 1)]!,
  };
}
