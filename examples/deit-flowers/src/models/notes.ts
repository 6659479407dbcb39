import type * as tfl from "@tensorflow/tfjs-layers";
import { type Normalisation, normalise, type Preprocess } from "distill-trainer";
import { inputRangeOf, toInputRange } from "./input-range.ts";

/** What a saved model says about itself beside `inputRange`, so that it can be used without its run. */
export interface ModelNotes {
  readonly classNames?: readonly string[];
  /** Of pixels, in the place of a range. */
  readonly normalisation?: Normalisation;
  /** Whether photos are turned as their EXIF orientation says, as those it was trained on. */
  readonly upright?: boolean;
  /** Middle part of a picture that it was judged on; absent: whole pictures. */
  readonly centreCrop?: number;
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
  const { normalisation } = notesOf(model);
  return normalisation === undefined ? toInputRange(inputRangeOf(model)) : normalise(normalisation);
}

/** What a model is shown of a held-out picture, as an option of `imageSource`: its middle, or nothing for all of it. */
export function centreCropOf(model: tfl.LayersModel): { readonly ratio: number } | undefined {
  const { centreCrop } = notesOf(model);
  return centreCrop === undefined ? undefined : { ratio: centreCrop };
}

/** What a model's pixels are, in words that differ where the pixels do. */
export function pixelsOf(model: tfl.LayersModel): string {
  const { normalisation } = notesOf(model);
  return normalisation === undefined
    ? `pixels in ${inputRangeOf(model).join("…")}`
    : `pixels less ${normalisation.mean}, over ${normalisation.std}`;
}
