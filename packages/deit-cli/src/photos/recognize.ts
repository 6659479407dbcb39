import { predictionsOf } from "../judge/predictions.ts";
import type { ViewedModel } from "../models/viewed-model.ts";
import { eachPhoto, FORWARD_ROWS } from "./each-photo.ts";

/** Predictions for one photo. */
export interface Recognised {
  readonly file: string;
  /** All classes, the most probable first. Probabilities sum to 1, unless a photo may have several classes. */
  readonly classes: readonly { readonly name: string; readonly probability: number }[];
}

/** A file that could not be classified. */
export interface Unrecognized {
  readonly file: string;
  /** Begins with the file's name. */
  readonly error: string;
}

/**
 * Classifies photos, resized, normalized and rotated like held-out pictures. A file that cannot be read or decoded is reported in
 * its place, with the reason.
 *
 * @param options - `maxPixels`: see `decodeImage`.
 */
export async function* recognize(
  model: ViewedModel,
  files: readonly string[],
  { maxPixels }: { readonly maxPixels?: number | undefined } = {},
): AsyncGenerator<Recognised | Unrecognized> {
  const { answers, classNames, multiLabel } = model;
  const results = eachPhoto(files, { ...model, maxPixels }, async (source) => {
    const { probabilities } = await predictionsOf(answers, source, FORWARD_ROWS, multiLabel);
    return probabilities;
  });
  for await (const result of results) {
    if ("error" in result) yield result;
    else {
      const classes = classNames.map((name, label) => ({ name, probability: result.value[label]! }));
      yield { file: result.file, classes: classes.sort((a, b) => b.probability - a.probability) };
    }
  }
}
