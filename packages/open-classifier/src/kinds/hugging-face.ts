import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type * as tfl from "@tensorflow/tfjs-layers";
import {
  averageHeads,
  configFromHuggingFace,
  configFromTimm,
  deit,
  type FoundConfig,
  parameterCount,
  vit,
} from "deit-model";
import { loadWeightsFile } from "deit-model/node";
import type { Classifier } from "../classifier.ts";
import type { Neighbors } from "../hugging-face/neighbors.ts";
import { addNotes, type ModelNotes } from "../notes/notes.ts";
import { readJson } from "../notes/notes-file.ts";
import { classifierOfLayers, withDefaults } from "./layers.ts";
import { type PictureSize, sidesOf } from "./pictures.ts";

/** A Hugging Face folder, and what is known of it. */
export interface HuggingFaceFound extends Neighbors {
  readonly path: string;
  readonly described: Described;
  /** Notes that win over those of the files. */
  readonly forced: ModelNotes;
}

/** Files of weights, whole or in parts. */
const WEIGHTS = /\.(safetensors|bin)$/;

/**
 * A folder of transformers or timm as a classifier: a ViT, DeiT or DINOv2.
 *
 * @throws Error naming the file that is absent, damaged, or of a model that is not here.
 */
export async function huggingFaceClassifier(found: HuggingFaceFound): Promise<Classifier> {
  const { path, notes, forced, inputFrom, described } = found;
  requireWeights(join(path, "config.json"), described, path);
  const config = { ...described.config, imageSize: usedSize(found) };
  const isResized = sidesOf(config.imageSize).join() !== sidesOf(described.config.imageSize).join();
  const network = described.distilled ? deit(config) : vit(config);
  let model: tfl.LayersModel | undefined;
  try {
    const isBackbone = described.config.classes === 0;
    const adapt = ["extra" as const, ...(isResized ? ["positions" as const] : [])];
    await loadWeightsFile(network, path, {
      adapt: [...adapt, ...(isBackbone ? (["classes"] as const) : [])],
    });
    model = described.distilled ? averageHeads(network) : network;
    const isNeighbors = withDefaults(model, {
      ...notes,
      ...(!isBackbone && { outputs: "logits", classNames: notes.classNames ?? described.classNames }),
    });
    addNotes(model, forced);
    const isForced = (forced.inputRange ?? forced.normalization) !== undefined;
    return classifierOfLayers(model, {
      ...{ kind: "hugging-face", path, isBackbone },
      words: `a ${described.family} of ${described.isTimm ? "timm" : "transformers"}`,
      input: {
        from: isNeighbors && !isForced ? inputFrom : undefined,
        assumed: described.family === "vit" ? "symmetric" : "imagenet",
      },
    });
  } catch (cause) {
    (model ?? network).dispose();
    const why = (cause as Error).message.replace(/^\w+: /, "");
    throw why.includes(path) ? new Error(why, { cause }) : new Error(`${path}: ${why}`, { cause });
  }
}

/**
 * Size of the pictures that a model is used with: that of its preprocessing for transformers' DINOv2, whose positions are of larger ones
 * (518 and 224 pixels) and are interpolated; else that of its config.
 */
function usedSize({ described, imageSize }: HuggingFaceFound): PictureSize {
  const { family, isTimm, config } = described;
  return family.startsWith("dinov2") && !isTimm ? (imageSize ?? config.imageSize) : config.imageSize;
}

/** What a folder's `config.json` describes. */
export interface Described extends FoundConfig {
  readonly isTimm: boolean;
}

/** Reads a folder's `config.json`. @throws Error naming the file for a model that is not here. */
export async function describedIn(folder: string): Promise<Described> {
  const file = join(folder, "config.json");
  const json = await readJson(file);
  const isTimm = typeof json === "object" && json !== null && "architecture" in json;
  try {
    return { ...(isTimm ? configFromTimm(json) : configFromHuggingFace(json)), isTimm };
  } catch (cause) {
    const why = (cause as Error).message;
    throw new Error(`${file}: ${why}; any other model can be taken as ONNX (onnx/model.onnx)`, { cause });
  }
}

/** Refuses weights that cannot be those of the config, before a model of its size is made. */
function requireWeights(config: string, { config: size, distilled }: FoundConfig, folder: string): void {
  const files = readdirSync(folder).filter((name) => WEIGHTS.test(name));
  const bytes = files.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  const parameters = parameterCount(size, distilled);
  if (bytes >= parameters) return; // a byte each, at least
  throw new Error(
    `${folder}: expected the ${parameters.toLocaleString("en")} parameters that ${config} describes, got ${bytes.toLocaleString("en")} bytes`,
  );
}
