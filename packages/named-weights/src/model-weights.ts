import type * as tfl from "@tensorflow/tfjs-layers";

/** Weights of a model by key. */
export type ModelWeights = ReadonlyMap<string, tfl.LayerVariable>;

/**
 * Returns the weights of a model by key.
 *
 * @param caller - Function that error messages begin with.
 * @param keyOf - Returns the key of a weight's `originalName`.
 * @throws TypeError if `model` is not a model; RangeError if two weights have the same key.
 */
export function modelWeights(
  caller: string,
  model: tfl.LayersModel,
  keyOf: (originalName: string) => string,
): ModelWeights {
  if (!Array.isArray(model?.weights)) {
    throw new TypeError(`${caller}: model must be a tfjs layers model, got ${typeof model}`);
  }
  const weights = new Map<string, tfl.LayerVariable>();
  for (const variable of model.weights) {
    const key = keyOf(variable.originalName);
    if (weights.has(key)) throw new RangeError(`${caller}: expected one weight per name, got two of ${key}`);
    weights.set(key, variable);
  }
  return weights;
}
