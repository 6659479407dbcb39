import type { SampleStore } from "image-source";
import { type RgbImage, resizeBilinear } from "vision-augment";
import { toByteImage } from "./to-byte-image.ts";

/** File name of the contact sheet in a run's folder. */
export const CONTACT_SHEET = "contact-sheet.png";

const GAP = 4;
const PAPER = 255;

/** Indices of the first pictures of each class, at most `perClass`. */
export function sheetSamples(store: SampleStore, perClass: number): number[][] {
  const rows = store.classNames.map((): number[] => []);
  for (let i = 0; i < store.size; i++) {
    for (const label of store.classesOf(i)) if (rows[label]!.length < perClass) rows[label]!.push(i);
  }
  return rows;
}

/** A picture stretched to a square. */
export function thumbnail(image: RgbImage, side: number): RgbImage {
  return toByteImage(resizeBilinear(image, side, side, { antialias: true }));
}

/** Thumbnails of all rows as one picture, one row per class. */
export function pasteRows(rows: readonly (readonly RgbImage[])[], side: number): RgbImage {
  const columns = rows.reduce((most, { length }) => Math.max(most, length), 0);
  const width = columns * (side + GAP) + GAP;
  const height = rows.length * (side + GAP) + GAP;
  const data = new Uint8Array(width * height * 3).fill(PAPER);
  for (const [r, row] of rows.entries()) {
    for (const [c, image] of row.entries()) {
      for (let y = 0; y < side; y++) {
        const at = (GAP + r * (side + GAP) + y) * width + GAP + c * (side + GAP);
        data.set(image.data.subarray(y * side * 3, (y + 1) * side * 3), at * 3);
      }
    }
  }
  return { data, width, height };
}
