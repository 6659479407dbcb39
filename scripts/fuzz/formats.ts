import type { Format } from "./format.ts";
import { archive } from "./formats/archive.ts";
import { checkpoint } from "./formats/checkpoint.ts";
import { config } from "./formats/config.ts";
import { events } from "./formats/events.ts";
import { image } from "./formats/image.ts";
import { log } from "./formats/log.ts";
import { logits } from "./formats/logits.ts";
import { model } from "./formats/model.ts";
import { modelFolder } from "./formats/model-folder.ts";
import { npz } from "./formats/npz.ts";
import { safetensors } from "./formats/safetensors.ts";
import { savedModel } from "./formats/saved-model.ts";
import { servingGraph } from "./formats/serving-graph.ts";
import { shards } from "./formats/shards.ts";
import { torch } from "./formats/torch.ts";
import { zip } from "./formats/zip.ts";

/** All formats of files that the project reads. */
export const FORMATS: readonly Format[] = [
  ...[archive, checkpoint, config, events, image, log, logits, model, npz, safetensors, savedModel],
  ...[servingGraph, modelFolder, shards, torch, zip],
];

/** @throws Error naming those that there are. */
export function formatNamed(name: string): Format {
  const found = FORMATS.find((format) => format.name === name);
  if (found === undefined) {
    throw new Error(
      `fuzz: expected one of ${FORMATS.map((format) => format.name).join(", ")}, got '${name}'`,
    );
  }
  return found;
}
