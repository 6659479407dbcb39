import type * as tfl from "@tensorflow/tfjs-layers";
import { requireOptions } from "known-options";
import type { WeightsReport } from "named-weights";
import { openWeightsFile } from "named-weights/node";
import { saveSafetensors } from "safetensors-io/node";
import { LOAD_CHECKS, type LoadWeightsOptions, loadWeights } from "./load-weights.ts";
import { type SaveWeightsOptions, weightsMetadata, weightTensors } from "./save-weights.ts";
import type { WeightNames } from "./weight-names.ts";

/**
 * Loads weights from a file or folder, tensor by tensor, as {@link loadWeights}: safetensors, PyTorch's `.pth`, `.pt` and `.bin`, the index
 * of either in several files, or the folder of one of these. Of a training checkpoint it takes averaged weights first; `part` of the report
 * says which.
 *
 * @throws As `loadWeights`, or the file system's error with the path.
 *
 * @example
 * ```ts norun
 * await loadWeightsFile(model, "deit_tiny.safetensors", { adapt: ["classes"] });
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

/**
 * Saves the {@link weightTensors} to a file, tensor by tensor and atomically: on any error an existing file stays.
 *
 * @throws RangeError as `weightTensors`, or for a weight out of the range of `dtype`; or the file system's error.
 *
 * @example
 * await saveWeightsFile(model, "student.safetensors", { dtype: "F16", names: "huggingface" });
 */
export async function saveWeightsFile(
  model: tfl.LayersModel,
  path: string,
  options: SaveWeightsOptions = {},
): Promise<void> {
  await saveSafetensors(path, weightTensors(model, options), { metadata: weightsMetadata(model) });
}
