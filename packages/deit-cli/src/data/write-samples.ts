import { join } from "node:path";
import type { SampleStore } from "image-source";
import { fileNames } from "../files/file-name.ts";
import { writePng } from "../files/write-png.ts";
import { sheetSamples } from "./contact-sheet.ts";
import { picturesOf } from "./picture-of.ts";
import type { PictureRules } from "./picture-rules.ts";

/** Folder of a run's sample pictures. */
export const SAMPLES = "samples";

/** Writes the first picture of each class as `<class>.png`, for a first `predict`. */
export async function writeSamples(store: SampleStore, folder: string, rules: PictureRules): Promise<void> {
  const names = fileNames(store.classNames);
  // A class may have no held-out picture.
  for (const [label, indices] of sheetSamples(store, 1).entries()) {
    for (const { image } of await picturesOf(store, indices, rules, (image) => image))
      await writePng(join(folder, `${names[label]}.png`), image);
  }
}
