import type * as tfl from "@tensorflow/tfjs-layers";
import {
  layersTeacher,
  type ModelOutputs,
  type Normalization,
  normalize,
  type Preprocess,
  type Teacher,
} from "distill-trainer";
import { inputRangeOf, knownRangeOf, toInputRange } from "./input-range.ts";

/** What a saved model says about itself beside `inputRange`, so that it can be used without its run. */
export interface ModelNotes {
  readonly classNames?: readonly string[];
  /** Normalization of pixels, in place of a range. */
  readonly normalization?: Normalization;
  /** Whether photos are turned as their EXIF orientation says, as those it was trained on. */
  readonly upright?: boolean;
  /** What it gives; absent: as its last layer says, or as its outputs look. */
  readonly outputs?: ModelOutputs;
  /** Middle part of a picture that it was judged on; absent: whole pictures. */
  readonly centerCrop?: number;
}

/** Notes in a model, and so in its files, something about it. */
export function addNotes(model: tfl.LayersModel, notes: ModelNotes): void {
  model.setUserDefinedMetadata({ ...model.getUserDefinedMetadata(), ...notes });
}

/** What {@link addNotes} noted. */
export function notesOf(model: tfl.LayersModel): ModelNotes {
  return (model.getUserDefinedMetadata() ?? {}) as ModelNotes;
}

/** From images in 0…255 to what the model takes. */
export function preprocessOf(model: tfl.LayersModel): Preprocess {
  const { normalization } = notesOf(model);
  return normalization === undefined ? toInputRange(inputRangeOf(model)) : normalize(normalization);
}

/** A model as a {@link Teacher} of its own classes: pictures in 0…255 to logits, whatever it takes and gives. */
export function answersOf(model: tfl.LayersModel): Teacher {
  return layersTeacher(model, { preprocess: preprocessOf(model), outputs: notesOf(model).outputs ?? "auto" });
}

/** What a model is shown of a held-out picture, as an option of `imageSource`: its middle, or nothing for all of it. */
export function centerCropOf(model: tfl.LayersModel): { readonly ratio: number } | undefined {
  const { centerCrop } = notesOf(model);
  return centerCrop === undefined ? undefined : { ratio: centerCrop };
}

/** What a model's pixels are, in words that differ where the pixels do. */
export function pixelsOf(model: tfl.LayersModel): string {
  const { normalization } = notesOf(model);
  return normalization === undefined
    ? `pixels in ${inputRangeOf(model).join("…")}`
    : `pixels less ${normalization.mean}, over ${normalization.std}`;
}

/** The same for people, with how it is known. */
export function pixelsInWords(model: tfl.LayersModel): string {
  if (notesOf(model).normalization !== undefined) return pixelsOf(model);
  const { range, from } = knownRangeOf(model);
  const how = {
    noted: "as it says",
    read: "as its first layer says",
    assumed: "assumed: it does not say; see --teacher-pixels",
  };
  return `pixels in ${range.join("…")} (${how[from]})`;
}
