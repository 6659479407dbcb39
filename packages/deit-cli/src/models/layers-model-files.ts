import type * as tfl from "@tensorflow/tfjs-layers";
import { loadModel } from "named-weights/node";
import { Normalization } from "./normalization-layer.ts";

/**
 * `loadModel` of named-weights for people's own models: Keras' `Normalization` is known, and its statistics are read.
 *
 * @param path - `model.json`, or the folder that holds it.
 */
export async function loadLayersModelFile(path: string): Promise<tfl.LayersModel> {
  const model = await loadModel(path);
  await Promise.all(model.layers.map((layer) => layer instanceof Normalization && layer.readStatistics()));
  return model;
}

/** Returns the result of `use`; disposes the model if it throws. */
export function orDispose<T>(model: tfl.LayersModel, use: () => T): T {
  try {
    return use();
  } catch (error) {
    model.dispose();
    throw error;
  }
}
