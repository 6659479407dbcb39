import type * as tfl from "@tensorflow/tfjs-layers";
import { timmConfig, weightsMetadata, weightTensors } from "deit-model";
import { safetensorsChunks } from "safetensors-io";
import type { ExportOptions } from "../export-options.ts";
import { type ExportedFile, jsonFile } from "../exported.ts";
import { scaledHeads } from "./scaled-heads.ts";

/** Files of timm. @throws RangeError if it has no such model, or cannot preprocess pictures in that way. */
export function timmFiles(
  model: tfl.LayersModel,
  { classNames, preprocessing, temperature = 1 }: ExportOptions,
): ExportedFile[] {
  const config = timmConfig(model, { classNames, preprocessing });
  const tensors = scaledHeads(weightTensors(model, { names: "timm" }), temperature);
  return [
    jsonFile("timm/config.json", config),
    {
      path: "timm/model.safetensors",
      data: safetensorsChunks(tensors, { metadata: weightsMetadata(model) }),
    },
  ];
}
