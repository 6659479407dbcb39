import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import type { Preprocess } from "distill-trainer";

/** The values that stand for black and white at a model's input. */
export type InputRange = readonly [black: number, white: number];

/** What a model takes that does not say: MobileNet's convention, and that of most converted tfjs models. */
const SYMMETRIC: InputRange = [-1, 1];

/** Notes in a model, and so in its files, what range it takes. */
export function setInputRange(model: tfl.LayersModel, range: InputRange): void {
  model.setUserDefinedMetadata({ ...model.getUserDefinedMetadata(), inputRange: [...range] });
}

/** What {@link setInputRange} noted; −1…1 where nothing did. */
export function inputRangeOf(model: tfl.LayersModel): InputRange {
  const noted = (model.getUserDefinedMetadata() as { inputRange?: unknown } | null)?.inputRange;
  const isRange = Array.isArray(noted) && noted.length === 2 && noted.every(Number.isFinite);
  return isRange ? (noted as unknown as InputRange) : SYMMETRIC;
}

/** From images in 0…255 to a range. */
export function toInputRange([black, white]: InputRange): Preprocess {
  return (images) => tf.tidy(() => tf.add(tf.mul(images, (white - black) / 255), black));
}
