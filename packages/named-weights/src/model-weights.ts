import type * as tfl from "@tensorflow/tfjs-layers";

/** The weights of a model, by the keys that its family gives them. */
export type ModelWeights = ReadonlyMap<string, tfl.LayerVariable>;

/**
 * The weights of a model by key.
 *
 * @param caller - What an error's message begins with.
 * @param keyOf - The key of a weight's `originalName`.
 * @throws TypeError if it is not a model; RangeError if two weights have one key: the model is not of this family.
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
