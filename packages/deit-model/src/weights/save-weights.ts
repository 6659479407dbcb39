import type * as tfl from "@tensorflow/tfjs-layers";
import { type Checks, oneOf, optional, requireOptions } from "known-options";
import { modelWeights, tensorsToWrite } from "named-weights";
import { type FloatDtype, safetensorsBytes, type TensorToWrite } from "safetensors-io";
import { requireHeld } from "./held-by.ts";
import { GRID_METADATA, gridMetadata, patchGrid } from "./position-change.ts";
import { timmName } from "./timm-name.ts";
import { huggingFaceNames, type WeightNames } from "./weight-names.ts";

/** Options of {@link weightsBytes} and {@link weightTensors}. */
export interface SaveWeightsOptions {
  /**
   * Whose model the file is for: a model that timm or transformers cannot hold is refused. Default: timm's names for any
   * model, for {@link loadWeights}.
   */
  readonly names?: WeightNames;
  /** Default `"F32"`. */
  readonly dtype?: FloatDtype;
}

const CHECKS: Checks<SaveWeightsOptions> = {
  names: optional(oneOf("timm", "huggingface")),
  dtype: optional(oneOf("F32", "F16", "BF16")),
};

/**
 * Metadata for a file of {@link weightTensors}: what PyTorch's files carry and transformers asks for, and the grid of patches
 * where it is not square, without which a file cannot be told from a square one.
 *
 * @example
 * console.log(weightsMetadata(vit({ imageSize: 32, patchSize: 8, dim: 8, depth: 1, heads: 1, classes: 2 }))); // { format: 'pt' }
 */
export function weightsMetadata(model: tfl.LayersModel): Record<string, string> {
  const grid = patchGrid(model, modelWeights("weightsMetadata", model, timmName));
  const said = grid && gridMetadata(grid);
  return { format: "pt", ...(said !== undefined && { [GRID_METADATA]: said }) };
}

/**
 * A model's weights as PyTorch names and lays them out, for `safetensorsChunks` of `safetensors-io`; each is read from
 * the backend when its turn comes.
 *
 * With `names: "huggingface"` those of transformers' `DeiTForImageClassificationWithTeacher`, or of its
 * `ViTForImageClassification` for a model without distillation.
 *
 * Pass `{ metadata: weightsMetadata(model) }` on.
 *
 * @throws RangeError if an option is none of its values, or `names` are of a library that cannot hold the model: its heads are
 * not as wide as `dim` together, or it has weights that theirs has no place for. TypeError for an unknown option.
 *
 * @example
 * import { safetensorsChunks } from "safetensors-io";
 *
 * for await (const chunk of safetensorsChunks(weightTensors(model))) await writer.write(chunk);
 */
export function weightTensors(model: tfl.LayersModel, options: SaveWeightsOptions = {}): TensorToWrite[] {
  const { names, dtype = "F32" } = requireOptions("weightTensors", options, CHECKS);
  const weights = modelWeights("weightTensors", model, timmName);
  if (names !== undefined) requireHeld("weightTensors", names, model, weights);
  const distilled = weights.has("dist_token");
  const namesOf = (key: string) => (names === "huggingface" ? huggingFaceNames(key, distilled) : [key]);
  return tensorsToWrite(weights, { layout: "torch", namesOf }, dtype);
}

/**
 * A model's weights as a safetensors file in memory, such as for a download; a file is better written by
 * `saveWeightsFile` of `deit-model/node`. Options and errors are those of {@link weightTensors}.
 *
 * @example
 * const blob = new Blob([await weightsBytes(model, { dtype: "F16" })]);
 */
export function weightsBytes(
  model: tfl.LayersModel,
  options: SaveWeightsOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  return safetensorsBytes(weightTensors(model, options), { metadata: weightsMetadata(model) });
}
