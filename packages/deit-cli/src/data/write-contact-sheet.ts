import { extname } from "node:path";
import { classCounts, type SampleStore } from "image-source";
import type { RgbImage } from "vision-augment";
import { requireOwnOutput } from "../files/own-output.ts";
import { writeAtomically } from "../files/write-atomically.ts";
import { pngBytes, writePng } from "../files/write-png.ts";
import { contactSheetHtml, type SheetClass } from "../html/contact-sheet-html.ts";
import { UsageError } from "../process/usage-error.ts";
import { pasteRows, sheetSamples, thumbnail } from "./contact-sheet.ts";
import { picturesOf, type StoredPicture } from "./picture-of.ts";
import type { PictureRules } from "./picture-rules.ts";

const MARK = "deit-cli contact sheet";

/** Side of a thumbnail, pixels. */
const SIDE = 96;

/** Options of {@link writeContactSheet}. */
export interface ContactSheetOptions extends PictureRules {
  /** Most pictures of a class. */
  readonly perClass: number;
}

/** Writes some pictures of each class: as a PNG with one row per class, in the classes' order, or as a page with their names. */
export async function writeContactSheet(
  store: SampleStore,
  path: string,
  { perClass, ...rules }: ContactSheetOptions,
): Promise<void> {
  await requireSheetPath(path);
  const rows: StoredPicture[][] = [];
  for (const indices of sheetSamples(store, perClass)) {
    rows.push(await picturesOf(store, indices, rules, (image) => thumbnail(image, SIDE)));
  }
  if (extname(path) === ".png") return writePng(path, pasteRows(rows.map(imagesOf), SIDE), MARK);
  const classes = await Promise.all(rows.map((row, label) => sheetClass(store, label, row)));
  await writeAtomically(path, contactSheetHtml(classes, MARK));
}

/** @throws UsageError unless it ends with `.png` or `.html` and is new, or an earlier sheet. */
export async function requireSheetPath(path: string): Promise<void> {
  if (![".png", ".html"].includes(extname(path)))
    throw new UsageError(`--sheet: expected a name that ends with .png or .html, got '${path}'`);
  await requireOwnOutput("--sheet", path, MARK);
}

function imagesOf(row: readonly StoredPicture[]): RgbImage[] {
  return row.map(({ image }) => image);
}

async function sheetClass(
  store: SampleStore,
  label: number,
  row: readonly StoredPicture[],
): Promise<SheetClass> {
  const pictures = row.map(async ({ index, image }) => ({
    key: store.keys[index]!,
    png: await pngBytes(image),
  }));
  return {
    name: store.classNames[label]!,
    count: classCounts(store)[label]!,
    pictures: await Promise.all(pictures),
  };
}
