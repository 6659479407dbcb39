import { existsSync } from "node:fs";
import { join } from "node:path";
import type * as tfl from "@tensorflow/tfjs-layers";
import type { ModelOutputs, Preprocess, Teacher } from "distill-trainer";
import { UsageError } from "../process/usage-error.ts";
import { loadLayersModelFile, orDispose } from "./layers-model-files.ts";
import "./known-layers.ts";
import { addNotes, calibratedAnswersOf, centerCropOf, notesOf, preprocessOf } from "./notes.ts";
import { type Pixels, setPixels } from "./pixels.ts";
import { studentOf, withoutModel } from "./student-of.ts";

/** A saved classifier, ready for pictures. */
export interface OpenedModel {
  readonly path: string;
  readonly model: tfl.LayersModel;
  /** From pictures in 0…255 to logits, calibrated if the model has a temperature. */
  readonly answers: Teacher;
  /** Temperature of its calibration. Default: it is not calibrated. */
  readonly temperature?: number;
  readonly classNames: readonly string[];
  /** Whether a picture may have several classes: probabilities are of a sigmoid each, not of a softmax. */
  readonly multiLabel: boolean;
  /** Pixels, square. */
  readonly imageSize: number;
  /** From pictures in 0…255 to the model's input. */
  readonly preprocess: Preprocess;
  /** Whether photos are rotated by their EXIF orientation. Default true. */
  readonly upright: boolean;
  /** Center crop of pictures. Default: whole pictures. */
  readonly centerCrop?: { readonly ratio: number };
}

/** Input and output of a model, in place of those in its notes. */
export interface ModelUse {
  readonly pixels?: Pixels | undefined;
  readonly outputs?: ModelOutputs | undefined;
}

/**
 * Opens a saved model.
 *
 * @param path - Its folder or `model.json`, or a run's folder: its distilled student, else the one alone.
 * @throws UsageError for a model without class names, or a run without a student. Error naming a file that is not a model, or has
 * weights that are not finite.
 */
export async function openModel(path: string, { pixels, outputs }: ModelUse = {}): Promise<OpenedModel> {
  const folder = modelFolderOf(path);
  const model = await loadLayersModelFile(folder);
  return orDispose(model, () => described(folder, model, { pixels, outputs }));
}

/** Folder of a saved model: the path itself, or of a run its student. @throws UsageError for a run without a student. */
export function modelFolderOf(path: string): string {
  const folder = existsSync(join(path, "settings.json")) ? studentOf(path) : path;
  if (folder === undefined)
    throw new UsageError(`--model: expected a run with a trained student, got ${withoutModel(path)}`);
  return folder;
}

function described(folder: string, model: tfl.LayersModel, { pixels, outputs }: ModelUse): OpenedModel {
  if (pixels !== undefined) setPixels(model, pixels);
  if (outputs !== undefined) addNotes(model, { outputs });
  const { classNames, temperature, multiLabel = false } = notesOf(model);
  const centerCrop = centerCropOf(model);
  const classes = model.outputs[0]!.shape[1];
  if (classNames?.length !== classes) {
    throw new UsageError(
      `${folder}: expected a model that names its ${classes} classes, as those saved by 'train' do, got ${classNames?.length ?? "no"} names`,
    );
  }
  return {
    ...{ path: folder, model, classNames: classNames!, multiLabel, imageSize: model.inputs[0]!.shape[1]! },
    answers: calibratedAnswersOf(model),
    ...(temperature !== undefined && { temperature }),
    preprocess: preprocessOf(model),
    upright: notesOf(model).upright ?? true,
    ...(centerCrop && { centerCrop }),
  };
}
