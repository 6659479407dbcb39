import type * as tfl from "@tensorflow/tfjs-layers";
import { type FloatDtype, safetensorsBytes, type TensorToWrite } from "safetensors-io";
import { type ModelWeight, modelWeights } from "./model-weights.ts";
import { toTorch } from "./torch-layout.ts";
import { huggingFaceNames, type WeightNames } from "./weight-names.ts";

/** Options of {@link weightsBytes} and {@link weightTensors}. */
export interface SaveWeightsOptions {
  /** Default `"timm"`. */
  readonly names?: WeightNames;
  /** Default `"F32"`. */
  readonly dtype?: FloatDtype;
}

/** What PyTorch's files carry, and transformers asks for. */
export const METADATA: Readonly<Record<string, string>> = { format: "pt" };

/**
 * A model's weights as PyTorch names and lays them out, for `safetensorsChunks` of `safetensors-io`; each is read from
 * the backend when its turn comes.
 *
 * With `names: "huggingface"` those of transformers' `DeiTForImageClassificationWithTeacher`, or of its
 * `ViTForImageClassification` for a model without distillation.
 *
 * @throws RangeError if an option is none of its values.
 *
 * @example
 * for await (const chunk of safetensorsChunks(weightTensors(model))) await writer.write(chunk);
 */
export function weightTensors(model: tfl.LayersModel, options: SaveWeightsOptions = {}): TensorToWrite[] {
  const { names = "timm", dtype = "F32" } = options;
  if (names !== "timm" && names !== "huggingface") {
    throw new RangeError(`weightTensors: names must be 'timm' or 'huggingface', got '${String(names)}'`);
  }
  if (!["F32", "F16", "BF16"].includes(dtype)) {
    throw new RangeError(`weightTensors: dtype must be F32, F16 or BF16, got ${String(dtype)}`);
  }
  const weights = modelWeights("weightTensors", model);
  const distilled = weights.has("dist_token");
  return [...weights.values()].flatMap((weight) => {
    const parts = names === "timm" ? [weight.key] : huggingFaceNames(weight.key, distilled);
    const [rows = 1, ...rest] = weight.torchShape;
    const shape = weight.torchShape.length === 0 ? [] : [rows / parts.length, ...rest];
    return parts.map((name, part) => ({
      name,
      dtype,
      shape,
      data: () => partOf(weight, part, parts.length),
    }));
  });
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
  return safetensorsBytes(weightTensors(model, options), { metadata: METADATA });
}

async function partOf({ variable }: ModelWeight, part: number, parts: number): Promise<Float32Array> {
  const data = (await variable.read().data()) as Float32Array;
  const torch = toTorch({ shape: variable.shape as number[], data }).data;
  const size = torch.length / parts;
  return torch.subarray(part * size, (part + 1) * size);
}
