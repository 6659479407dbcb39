import { uniform } from "./uniform.ts";

/** Random numbers taken one after another. */
export interface Draws {
  /** In [low, high). */
  between(low: number, high: number): number;
  /** In low … high, both included. */
  integer(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<T>(choices: readonly T[]): T;
}

/** Draws of one decision that takes several numbers, fixed by key and site. */
export function drawsAt(key: number, site: number): Draws {
  let count = 0;
  return drawsFrom(() => uniform(key, site, count++));
}

/** @param next - Fractions in [0, 1). */
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
