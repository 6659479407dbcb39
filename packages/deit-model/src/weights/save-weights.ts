import type * as tfl from "@tensorflow/tfjs-layers";
import { type Checks, oneOf, optional, requireOptions } from "known-options";
import { modelWeights, tensorsToWrite } from "named-weights";
import { type FloatDtype, safetensorsBytes, type TensorToWrite } from "safetensors-io";
import { requireHeld } from "./held-by.ts";
import { huggingFaceNames } from "./hugging-face-names.ts";
import { modelKind } from "./model-kind.ts";
import { GRID_METADATA, gridMetadata, patchGrid } from "./position-change.ts";
import { timmName } from "./timm-name.ts";
import type { WeightNames } from "./weight-names.ts";

/** Options of {@link weightsBytes} and {@link weightTensors}. */
export interface SaveWeightsOptions {
  /**
   * Library that the file is for; a model that it cannot represent is rejected. Default: timm's names for any model, for
   * {@link loadWeights}.
   */
  readonly names?: WeightNames;
  /** Number format. Default `"F32"`. */
  readonly dtype?: FloatDtype;
}

const CHECKS: Checks<SaveWeightsOptions> = {
  names: optional(oneOf("timm", "huggingface")),
  dtype: optional(oneOf("F32", "F16", "BF16")),
};

/**
 * Returns the metadata of a file of {@link weightTensors}: `format: "pt"`, which transformers requires, and the grid of
 * patches if it is not square.
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
 * Returns a model's weights with PyTorch's names and layout, for `safetensorsChunks` of `safetensors-io`; each is read from
 * the backend when it is written. Pass it `{ metadata: weightsMetadata(model) }` too.
 *
 * With `names: "huggingface"` the names are those of transformers' `DeiTForImageClassificationWithTeacher`, or of its
 * `ViTForImageClassification` for a model without distillation.
 *
 * @throws RangeError if an option has an unknown value, or the library of `names` cannot represent the model: `heads · headDim`
 * is not `dim`, or it has weights that theirs has not. TypeError for an unknown option.
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
  const kind = modelKind(weights);
  const namesOf = (key: string) => (names === "huggingface" ? huggingFaceNames(key, kind) : [key]);
  return tensorsToWrite(weights, { layout: "torch", namesOf }, dtype);
}

/**
 * Returns a model's weights as a safetensors file in memory, for instance for a download; to write a file use
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
