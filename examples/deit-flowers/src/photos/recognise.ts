import { imageSource } from "flowers-data";
import { predictionsOf } from "../judge/predictions.ts";
import type { OpenedModel } from "../models/open-model.ts";
import { photoStore } from "./photo-store.ts";

/** Photos in memory, undecoded, at once. */
const AT_ONCE = 64;
const FORWARD_ROWS = 8;

/** What a photo seems to show. */
export interface Recognised {
  readonly file: string;
  /** All classes, the likeliest first; probabilities sum to 1. */
  readonly classes: readonly { readonly name: string; readonly probability: number }[];
}

/**
 * Classifies photos as held-out pictures are: resized and normalised the same way, but upright where EXIF says how.
 *
 * @throws Error naming a file that is no photo.
 */
export async function* recognise(opened: OpenedModel, files: readonly string[]): AsyncGenerator<Recognised> {
  const { classNames, imageSize, centreCrop } = opened;
  for (let start = 0; start < files.length; start += AT_ONCE) {
    const some = files.slice(start, start + AT_ONCE);
    const view = { imageSize, training: false, ...(centreCrop && { centreCrop }) };
    const source = imageSource(await photoStore(some), { ...view, batchSize: FORWARD_ROWS, workers: 1 });
    try {
      const { probabilities } = await predictionsOf(opened, source, FORWARD_ROWS);
      for (const [i, row] of probabilities.entries()) {
        const classes = classNames.map((name, label) => ({ name, probability: row[label]! }));
        yield { file: some[i]!, classes: classes.sort((a, b) => b.probability - a.probability) };
      }
    } finally {
      await source.close();
    }
  }
}
