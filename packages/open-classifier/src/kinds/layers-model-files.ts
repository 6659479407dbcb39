import type * as tfl from "@tensorflow/tfjs-layers";
import { loadModel } from "named-weights/node";
import { Normalization } from "../notes/normalization-layer.ts";

/**
 * Loads a tfjs layers model of anybody's: Keras' `Normalization` is known, and its statistics are read.
 *
 * @param path - `model.json`, or the folder that holds it.
 * @returns A model owned by the caller.
 * @throws Error as `loadModel` of named-weights.
 *
 * @example
 * ```ts norun
 * const model = await loadLayersModelFile("mobilenet_v2");
 * ```
 */
export async function loadLayersModelFile(path: string): Promise<tfl.LayersModel> {
  const model = await loadModel(path);
  await Promise.all(model.layers.map((layer) => layer instanceof Normalization && layer.readStatistics()));
  return model;
}
