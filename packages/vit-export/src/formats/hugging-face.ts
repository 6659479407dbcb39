import type * as tfl from "@tensorflow/tfjs-layers";
import { huggingFaceConfig, weightsMetadata, weightTensors } from "deit-model";
import { safetensorsChunks } from "safetensors-io";
import type { ExportOptions } from "../export-options.ts";
import { type ExportedFile, jsonFile } from "../exported.ts";
import { scaledHeads } from "./scaled-heads.ts";

/** Files of transformers. @throws RangeError if it has no such model. */
export function huggingFaceFiles(
  model: tfl.LayersModel,
  { classNames, multiLabel = false, temperature = 1 }: ExportOptions,
): ExportedFile[] {
  const config = huggingFaceConfig(model, { classNames, multiLabel });
  const tensors = scaledHeads(weightTensors(model, { names: "huggingface" }), temperature);
  return [
    jsonFile("config.json", config),
    { path: "model.safetensors", data: safetensorsChunks(tensors, { metadata: weightsMetadata(model) }) },
  ];
}
