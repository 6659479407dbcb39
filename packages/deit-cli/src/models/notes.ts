import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import {
  type LayeredTeacher,
  layersTeacher,
  type ModelOutputs,
  type Normalization,
  normalize,
  type Preprocess,
  type Teacher,
} from "distill-trainer";
import { inputRangeOf, knownRangeOf, toInputRange } from "./input-range.ts";

/** Notes in a saved model's metadata, beside `inputRange`: enough to use it without its run. */
export interface ModelNotes {
  readonly classNames?: readonly string[];
  /** Mean and deviation of its input, in place of a range. */
  readonly normalization?: Normalization;
  /** Whether photos are rotated by their EXIF orientation, as its training photos were. */
  readonly upright?: boolean;
  /** Whether each class is a question of its own: a picture may have several, or none. Default false. */
  readonly multiLabel?: boolean;
  /** Kind of its outputs. Default: found from its last layer, else from its outputs. */
  readonly outputs?: ModelOutputs;
  /** Part of a picture's side, from the middle, that it was judged on. Default: whole pictures. */
  readonly centerCrop?: number;
  /** Temperature that calibrates its probabilities: logits are divided by it. Default 1. */
  readonly temperature?: number;
}

/** Adds notes to a model, and so to its files. */
export function addNotes(model: tfl.LayersModel, notes: ModelNotes): void {
  model.setUserDefinedMetadata({ ...model.getUserDefinedMetadata(), ...notes });
}

/** Notes of {@link addNotes}. */
export function notesOf(model: tfl.LayersModel): ModelNotes {
  return (model.getUserDefinedMetadata() ?? {}) as ModelNotes;
}

/** Preprocessing from images in 0…255 to the model's input. */
export function preprocessOf(model: tfl.LayersModel): Preprocess {
  const { normalization } = notesOf(model);
  return normalization === undefined ? toInputRange(inputRangeOf(model)) : normalize(normalization);
}

/** A model as a {@link LayeredTeacher} of its own classes, from pictures in 0…255 to logits. */
export function answersOf(model: tfl.LayersModel): LayeredTeacher {
  return layersTeacher(model, { preprocess: preprocessOf(model), outputs: notesOf(model).outputs ?? "auto" });
}

/** {@link answersOf}, with logits that are calibrated where a temperature is noted. */
export function calibratedAnswersOf(model: tfl.LayersModel): Teacher {
  const answers = answersOf(model);
  const { temperature } = notesOf(model);
  if (temperature === undefined) return answers;
  return {
    classes: answers.classes,
    outputs: "logits",
    async logits(images) {
      const logits = await answers.logits(images);
      const calibrated = tf.tidy(() => tf.div(logits, temperature) as tf.Tensor2D);
      logits.dispose();
      return calibrated;
    },
  };
}

/** A model's center crop of held-out pictures, as an option of `imageSource`; `undefined` for whole pictures. */
export function centerCropOf(model: tfl.LayersModel): { readonly ratio: number } | undefined {
  const { centerCrop } = notesOf(model);
  return centerCrop === undefined ? undefined : { ratio: centerCrop };
}

/** A model's input in words, different for each kind of input. */
export function pixelsOf(model: tfl.LayersModel): string {
  const { normalization } = notesOf(model);
  return normalization === undefined
    ? `pixels in ${inputRangeOf(model).join("…")}`
    : `pixels less ${normalization.mean}, over ${normalization.std}`;
}

/** {@link pixelsOf} with its origin, for people. */
export function pixelsInWords(model: tfl.LayersModel): string {
  if (notesOf(model).normalization !== undefined) return pixelsOf(model);
  const { range, from } = knownRangeOf(model);
  const how = {
    noted: "from its notes",
    read: "from its first layer",
    assumed: "assumed; see --teacher-pixels",
  };
  return `pixels in ${range.join("…")} (${how[from]})`;
}
