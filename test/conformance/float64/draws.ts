// What is dropped is a function of place (package sample-keys), so the reference can draw it too.
import { siteOf, uniform } from "sample-keys";
import { type Array64, map } from "./array.ts";

/** Rate, keys and site of a draw. */
export interface Drop {
  readonly rate: number;
  /** One a sample. */
  readonly sampleKeys: ArrayLike<number>;
  /** A layer's name. */
  readonly site: string;
}

/** Dropout: an element goes, or is divided by the share of those that stay. */
export function dropout(x: Array64, drop: Drop | undefined): Array64 {
  if (drop === undefined || drop.rate === 0) return x;
  const { rate, sampleKeys } = drop;
  const site = siteOf(drop.site);
  const stride = x.data.length / x.shape[0]!;
  return map(x, (v, i) => {
    return uniform(sampleKeys[Math.floor(i / stride)]!, site, i % stride) < rate ? 0 : v / (1 - rate);
  });
}

/** Stochastic depth: a whole sample goes, or is divided by the share of those that stay. */
export function stochasticDepth(x: Array64, drop: Drop | undefined): Array64 {
  if (drop === undefined || drop.rate === 0) return x;
  const keep = 1 - drop.rate;
  const site = siteOf(drop.site);
  const stride = x.data.length / x.shape[0]!;
  return map(x, (v, i) => {
    return (v / keep) * Math.floor(keep + uniform(drop.sampleKeys[Math.floor(i / stride)]!, site));
  });
}
