import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import type { Preprocess } from "distill-trainer";
import { type InputRange, readInputRange } from "./read-input-range.ts";

/** Range of a model without notes: MobileNet's convention, and that of most converted tfjs models. */
const SYMMETRIC: InputRange = [-1, 1];

/** Notes a model's input range in its metadata, and so in its files. */
export function setInputRange(model: tfl.LayersModel, range: InputRange): void {
  model.setUserDefinedMetadata({ ...model.getUserDefinedMetadata(), inputRange: [...range] });
}

/** A model's input range and its origin: noted in the model, read from its first layers, or assumed. */
export interface KnownRange {
  readonly range: InputRange;
  readonly from: "noted" | "read" | "assumed";
}

/** The range of {@link setInputRange}, else of the model's first layers, else −1…1. */
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

/** Preprocessing from 0…255 to a range. */
export function toInputRange([black, white]: InputRange): Preprocess {
  return (images) => tf.tidy(() => tf.add(tf.mul(images, (white - black) / 255), black));
}
