import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import type { Preprocess } from "distill-trainer";
import { type InputRange, readInputRange } from "./read-input-range.ts";

/** What a model takes that does not say: MobileNet's convention, and that of most converted tfjs models. */
const SYMMETRIC: InputRange = [-1, 1];

/** Notes in a model, and so in its files, what range it takes. */
export function setInputRange(model: tfl.LayersModel, range: InputRange): void {
  model.setUserDefinedMetadata({ ...model.getUserDefinedMetadata(), inputRange: [...range] });
}

/** A model's range, and how that is known: noted in it, read from its first layers, or only assumed. */
export interface KnownRange {
  readonly range: InputRange;
  readonly from: "noted" | "read" | "assumed";
}

/** What {@link setInputRange} noted, else what the model's first layers say; −1…1 where neither does. */
export function knownRangeOf(model: tfl.LayersModel): KnownRange {
  const noted = (model.getUserDefinedMetadata() as { inputRange?: unknown } | null)?.inputRange;
  const isRange = Array.isArray(noted) && noted.length === 2 && noted.every(Number.isFinite);
  if (isRange) return { range: noted as unknown as InputRange, from: "noted" };
  const read = readInputRange(model);
  return read === undefined ? { range: SYMMETRIC, from: "assumed" } : { range: read, from: "read" };
}

/** The range of {@link knownRangeOf}. */
export function inputRangeOf(model: tfl.LayersModel): InputRange {
  return knownRangeOf(model).range;
}

/** From images in 0…255 to a range. */
export function toInputRange([black, white]: InputRange): Preprocess {
  return (images) => tf.tidy(() => tf.add(tf.mul(images, (white - black) / 255), black));
}
