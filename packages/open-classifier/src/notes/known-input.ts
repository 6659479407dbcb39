import * as tf from "@tensorflow/tfjs-core";
import { normalize, type Preprocess } from "distill-trainer";
import { requireArguments } from "known-options";
import { type ModelNotes, RANGE } from "./notes.ts";
import { notesOfPixels, type Pixels } from "./pixels.ts";
import type { InputRange } from "./read-input-range.ts";

/**
 * Where a model's input is known from: an option or the notes in its files, a preprocessing file beside it, its own first
 * operations, or a convention of its kind.
 */
export type InputOrigin = "noted" | "file" | "read" | "assumed";

/** A model's input. */
export interface KnownInput {
  /** Input in words, different for each kind of input. */
  readonly words: string;
  readonly from: InputOrigin;
  /** From pictures in 0…255 to the input. */
  readonly preprocess: Preprocess;
  /** Notes with which it is known without a guess. */
  readonly notes: Pick<ModelNotes, "inputRange" | "normalization">;
}

/** What is known of a model's input beside its notes. */
export interface InputHints {
  /** Where the notes come from. Default `"noted"`. */
  readonly from?: InputOrigin | undefined;
  /** Range that its first operations take. */
  readonly read?: InputRange | undefined;
  /** Convention of its kind, if nothing is known. */
  readonly assumed: Pixels;
}

/** Returns a model's input by its notes, else by its first operations, else by convention. */
export function inputOf(notes: ModelNotes, { from = "noted", read, assumed }: InputHints): KnownInput {
  const { normalization, inputRange } = notes;
  if (normalization !== undefined) {
    const { mean, std } = normalization;
    return {
      words: `pixels less ${mean}, over ${std}`,
      from,
      preprocess: normalize(normalization),
      notes: { normalization },
    };
  }
  const range = inputRange ?? read;
  if (range === undefined) return inputOf(notesOfPixels(assumed), { from: "assumed", assumed });
  return {
    words: `pixels in ${range.join("…")}`,
    from: inputRange === undefined ? "read" : from,
    preprocess: toInputRange(range),
    notes: { inputRange: range },
  };
}

/**
 * Returns the preprocessing from pictures in 0…255 to a range.
 *
 * @param range - Values of black and white.
 * @throws TypeError if it is not two different numbers.
 *
 * @example
 * console.log(toInputRange([-1, 1])(tf.tensor1d([0, 255])).dataSync()); // [-1, 1]
 */
export function toInputRange(range: InputRange): Preprocess {
  requireArguments("toInputRange", { range }, { range: RANGE });
  const [black, white] = range;
  return (images) => tf.tidy(() => tf.add(tf.mul(images, (white - black) / 255), black));
}
