import type * as tfl from "@tensorflow/tfjs-layers";
import { requireOptions } from "known-options";
import type { WeightsReport } from "named-weights";
import { openWeightsFile } from "named-weights/node";
import { LOAD_CHECKS, type LoadWeightsOptions, loadWeights } from "./load-weights.ts";
import type { WeightNames } from "./weight-names.ts";

/**
 * Loads weights from a file or folder, tensor by tensor, as {@link loadWeights}: BiT's `.npz`, timm's `.safetensors`, or a
 * TensorFlow SavedModel as a folder or a `.zip`.
 *
 * @throws As `loadWeights`, or the file system's error with the path.
 *
 * @example
 * ```ts norun
 * await loadWeightsFile(bit({ ...bitSizes.r50x3, classes: 5, init: "zeros" }), "bit_teacher_flowers");
 * ```
 */
export async function loadWeightsFile(
  model: tfl.LayersModel,
  path: string,
  options: LoadWeightsOptions = {},
): Promise<WeightsReport<WeightNames>> {
  requireOptions("loadWeightsFile", options, LOAD_CHECKS);
  const file = await openWeightsFile(path);
  return loadWeights(model, file, options).finally(() => file.close());
}
