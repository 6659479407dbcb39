import { type Case, layerCase } from "../case.ts";
import type { Array64 } from "../float64/array.ts";
import type { Weights } from "../float64/deit.ts";

/** A layer and its weights by name, in the layer's order. */
export function weighted({
  op,
  x,
  weights = {},
  make,
  kwargs = {},
  without = [],
  reference,
}: {
  op: string;
  x: Array64;
  weights?: Readonly<Record<string, Array64>>;
  make: Parameters<typeof layerCase>[0]["make"];
  kwargs?: Record<string, unknown>;
  /** Weights whose gradient is 0, of which only rounding is left. */
  without?: readonly string[];
  reference: (x: Array64, weights: Weights) => Array64;
}): Case {
  const names = Object.keys(weights);
  return layerCase({
    op,
    inputs: [x, ...Object.values(weights)],
    differentiable: [0, ...names.flatMap((name, i) => (without.includes(name) ? [] : [i + 1]))],
    make,
    kwargs,
    reference: (input, ...values) => reference(input!, (name) => values[names.indexOf(name)]!),
  });
}

/** The same weights under longer names. */
export function prefixed(
  prefix: string,
  weights: Readonly<Record<string, Array64>>,
): Record<string, Array64> {
  return Object.fromEntries(Object.entries(weights).map(([name, value]) => [prefix + name, value]));
}
