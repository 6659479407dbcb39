import * as tfl from "@tensorflow/tfjs-layers";
import { FEATURES } from "bit-teacher";
import { placesOf } from "../models/class-names.ts";
import { loadLayersModelFile, orDispose } from "../models/layers-model-files.ts";
import { addNotes, notesOf } from "../models/notes.ts";
import { setPixels } from "../models/pixels.ts";
import { UsageError } from "../process/usage-error.ts";
import type { RunSettings } from "../settings/settings.ts";

/** A pretrained model from disk. */
export interface Backbone {
  readonly model: tfl.LayersModel;
  /** Model up to the layer `feature_vector`, `[batch, features]`; absent for a classifier of the data's classes. */
  readonly features?: tfl.LayersModel;
  /** Pixels, square. */
  readonly imageSize: number;
}

/**
 * Opens a tfjs layers model for a teacher. It is a classifier of the data's classes if it names them all, in any order and among
 * others, or if it names none and has as many outputs. Input and output of the settings are noted in it.
 *
 * @throws Error naming the path if its images are not square RGB, or if it has neither the classes nor a layer `feature_vector` with
 * one vector per image. UsageError naming both lists if its classes are others.
 */
export async function loadBackbone(
  path: string,
  classNames: readonly string[],
  settings: Pick<RunSettings, "teacherPixels" | "teacherOutputs">,
): Promise<Backbone> {
  const model = await loadLayersModelFile(path);
  return orDispose(model, () => backboneOf(path, model, classNames, settings));
}

function backboneOf(
  path: string,
  model: tfl.LayersModel,
  classNames: readonly string[],
  { teacherPixels, teacherOutputs }: Pick<RunSettings, "teacherPixels" | "teacherOutputs">,
): Backbone {
  const [, height, width, channels] = model.inputs[0]!.shape;
  if (model.inputs.length !== 1 || typeof height !== "number" || height !== width || channels !== 3) {
    const shape = model.inputs[0]!.shape.slice(1).map((side) => side ?? "any");
    throw new Error(`${path}: expected a teacher of square RGB images, got one of [${shape.join(", ")}]`);
  }
  if (teacherPixels !== "auto") setPixels(model, teacherPixels);
  if (teacherOutputs !== "auto") addNotes(model, { outputs: teacherOutputs });
  const known = { model, imageSize: height };
  const { shape } = model.outputs[0]!;
  const named = notesOf(model).classNames;
  const isClassifier = model.outputs.length === 1 && shape.length === 2;
  const missing = named === undefined ? [] : classNames.filter((_, i) => placesOf(classNames, named)[i]! < 0);
  const hasAll = named === undefined ? shape[1] === classNames.length : missing.length === 0;
  if (isClassifier && hasAll) return known;

  const layer = model.layers.find(({ name }) => name === FEATURES);
  const output = layer?.output as tfl.SymbolicTensor | undefined;
  if (output?.shape.length === 2 && typeof output.shape[1] === "number")
    return { ...known, features: tfl.model({ inputs: model.inputs, outputs: output }) };
  if (isClassifier && named !== undefined) {
    throw new UsageError(
      `${path}: expected a teacher of the data's classes (${classNames.join(", ")}), ` +
        `got one of ${named.join(", ")}, without ${missing.join(", ")}`,
    );
  }
  throw new Error(
    `${path}: expected a teacher with the data's ${classNames.length} classes, or with a layer '${FEATURES}' to learn them from, ` +
      `got ${shape.at(-1)} classes and no such layer`,
  );
}
