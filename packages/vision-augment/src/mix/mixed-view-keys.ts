import { mix64, siteOf } from "sample-keys";
import type { Mix } from "./mix-of.ts";

/**
 * View keys of rows that are mixed with rows `n − 1 − i`: of what a mixed picture is made of, so that equal keys still have equal
 * pixels. A row that is not mixed keeps its own.
 */
export function mixedViewKeys(viewKeys: BigUint64Array, mixes: readonly Mix[]): BigUint64Array {
  return viewKeys.map((own, row) => {
    const mix = mixes[row]!;
    if (mix.kind === "none") return own;
    const numbers = mix.kind === "mixup" ? [mix.lambda] : [mix.lambda, ...mix.middle];
    const parts = [viewKeys[viewKeys.length - 1 - row]!, BigInt(siteOf(mix.kind)), ...numbers.map(bitsOf)];
    return parts.reduce((key, part) => mix64(mix64(key) ^ part), own);
  });
}

function bitsOf(value: number): bigint {
  return new DataView(Float64Array.of(value).buffer).getBigUint64(0);
}
