import { readFile } from "node:fs/promises";
import { imageSource } from "image-source/node";
import { predictionsOf } from "../judge/predictions.ts";
import type { OpenedModel } from "../models/open-model.ts";
import { type PhotoFile, photoStore } from "./photo-store.ts";

/** Undecoded photos in memory at once. */
const AT_ONCE = 64;
const FORWARD_ROWS = 8;

/** Predictions for one photo. */
export interface Recognised {
  readonly file: string;
  /** All classes, the most probable first; probabilities sum to 1. */
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
  opened: OpenedModel,
  files: readonly string[],
  { maxPixels }: { readonly maxPixels?: number | undefined } = {},
): AsyncGenerator<Recognised | Unrecognized> {
  const { classNames, imageSize, centerCrop, upright } = opened;
  for (let start = 0; start < files.length; start += AT_ONCE) {
    const some = files.slice(start, start + AT_ONCE);
    const errors = new Map<string, string>();
    const read = await readAll(some, errors);
    const view = {
      ...{ imageSize, training: false, ...(centerCrop && { centerCrop }) },
      ...(maxPixels !== undefined && { maxPixels }),
    };
    const found = new Map<string, Recognised>();
    if (read.length > 0) {
      const source = imageSource(photoStore(read, upright), {
        ...{ ...view, batchSize: FORWARD_ROWS, workers: 1, onBadImage: "skip" },
        onSkip: ({ key, reason }) =>
          errors.set(key, `${key}: expected a picture that decodes, got: ${reason}`),
      });
      try {
        const { probabilities } = await predictionsOf(opened.answers, source, FORWARD_ROWS);
        const decoded = read.filter(({ path }) => !errors.has(path));
        for (const [i, row] of probabilities.entries()) {
          const classes = classNames.map((name, label) => ({ name, probability: row[label]! }));
          const file = decoded[i]!.path;
          found.set(file, { file, classes: classes.sort((a, b) => b.probability - a.probability) });
        }
      } finally {
        await source.close();
      }
    }
    for (const file of some) yield found.get(file) ?? { file, error: errors.get(file)! };
  }
}

async function readAll(files: readonly string[], errors: Map<string, string>): Promise<PhotoFile[]> {
  const read = files.map(async (path) => {
    try {
      return [{ path, bytes: await readFile(path) }];
    } catch (cause) {
      errors.set(path, `${path}: expected a photo, could not read it: ${(cause as Error).message}`);
      return [];
    }
  });
  return (await Promise.all(read)).flat();
}
