import { type Checks, COUNT, check, optional, requireArguments, requireOptions, STRING } from "known-options";
import { type ByteImage, type Rgb, viewOf } from "vision-augment";
import { decodeBlob } from "./decode-blob.ts";
import { type Drawable, drawableOf } from "./drawable-of.ts";
import { INPUT, type InputKind, kindOf, type PictureInput } from "./picture-input.ts";
import { readPixels, withoutAlpha } from "./read-pixels.ts";
import { turned } from "./turned.ts";

/** Options of {@link decodePicture}. */
export interface DecodePictureOptions {
  /** Name of the picture in errors. Default: the file's, the address of an `<img>`, or what the input is. */
  readonly name?: string;
  /** Shorter side of the result in pixels, of a picture that is larger; a smaller one stays. Default: pictures stay. */
  readonly shortestEdge?: number;
  /** Maximum number of pixels. Default 100,000,000. */
  readonly maxPixels?: number;
  /** Color to lay transparent pictures over. Default: transparency is dropped, as in Node. */
  readonly background?: Rgb;
}

const MOST_PIXELS = 100_000_000;
const COLOR = check(
  "[red, green, blue], integers in [0, 255]",
  (value) =>
    Array.isArray(value) &&
    value.length === 3 &&
    value.every((channel) => Number.isInteger(channel) && channel >= 0 && channel <= 255),
);

/** Checks of {@link DecodePictureOptions}. */
export const DECODE_CHECKS: Checks<DecodePictureOptions> = {
  name: optional(STRING),
  shortestEdge: optional(COUNT),
  maxPixels: optional(COUNT),
  background: optional(COLOR),
};

/**
 * Decodes a picture of any kind that a browser has, to RGB: a file, a drawn or shown picture, or what a video shows now. In pages and in
 * Workers.
 *
 * Files, and photos in an `<img>`, are turned upright by their EXIF orientation, and their color profile is ignored, as by Node's
 * `decodeImage`, which gives the same bits as Chromium for JPEG, PNG, WebP and GIF without transparency (the README has the rest).
 * Transparency is dropped, but a canvas forgets colors under it: a fully transparent pixel is black, and values of others are off by up
 * to 128 over their alpha.
 *
 * @param input - Neither changed nor closed. A `Blob` is decoded whatever its name and type are.
 * @returns An image of uint8, owned by the caller.
 * @throws TypeError for another input or an unknown option. RangeError for an option out of range. Error naming the picture, and what it is
 * instead: empty, a video, a text, of a format that this browser does not read, damaged, too large, not loaded yet, or of another
 * site that does not allow it to be read.
 *
 * @example
 * ```ts norun
 * import { decodePicture } from "image-source/browser";
 *
 * const chooser = document.querySelector<HTMLInputElement>("input[type=file]")!;
 * chooser.onchange = async () => {
 *   const image = await decodePicture(chooser.files![0]!, { shortestEdge: 256 });
 *   console.log(image.width, image.height);
 * };
 * ```
 */
export async function decodePicture(
  input: PictureInput,
  options: DecodePictureOptions = {},
): Promise<ByteImage> {
  requireOptions("decodePicture", options, DECODE_CHECKS);
  requireArguments("decodePicture", { input }, { input: INPUT });
  const kind = kindOf(input)!;
  const { maxPixels = MOST_PIXELS, background, shortestEdge = Infinity } = options;
  const name = options.name === undefined ? nameOf(input, kind) : `'${options.name}'`;
  try {
    const image = await decoded(input, kind, { maxPixels, background });
    return smaller(image, shortestEdge);
  } catch (cause) {
    const got = (cause as Error).message;
    throw new Error(`decodePicture: ${name}: expected a picture that decodes, got ${got}`, { cause });
  }
}

interface Limits {
  readonly maxPixels: number;
  readonly background: Rgb | undefined;
}

async function decoded(
  input: PictureInput,
  kind: InputKind,
  { maxPixels, background }: Limits,
): Promise<ByteImage> {
  const within = (width: number, height: number): void => {
    if (width * height <= maxPixels) return;
    throw new Error(`${width}x${height} = ${width * height} pixels, more than the limit of ${maxPixels}`);
  };
  if (kind === "ImageData") {
    const { data, width, height } = input as ImageData;
    within(width, height);
    if (data.BYTES_PER_ELEMENT !== 1) throw new Error("an ImageData of floats, not of bytes");
    return { data: withoutAlpha(data, background), width, height };
  }
  const drawable: Drawable =
    kind === "File" || kind === "Blob"
      ? await decodeBlob(input as Blob, within)
      : await drawableOf(input as Exclude<PictureInput, Blob | ImageData>, kind);
  try {
    within(drawable.width, drawable.height);
    return turned(readPixels(drawable, background), drawable.orientation ?? 1);
  } finally {
    drawable.close();
  }
}

function nameOf(input: PictureInput, kind: InputKind): string {
  if (kind === "File") return `'${(input as File).name}'`;
  if (kind !== "HTMLImageElement" && kind !== "HTMLVideoElement") return `the ${kind}`;
  const element = input as HTMLImageElement | HTMLVideoElement;
  const address = element.currentSrc || element.src; // the first is empty until it loads
  // A data or blob address says nothing, and may be megabytes long.
  return /^https?:/.test(address) ? `'${address}'` : `the ${kind}`;
}

/** Shrinks as `PIL.Image.resize` with its antialiased bicubic filter, the longer side in proportion, rounded down. */
function smaller(image: ByteImage, shortestEdge: number): ByteImage {
  const { width, height } = image;
  const short = Math.min(width, height);
  if (short <= shortestEdge) return image;
  const [rows, columns] = [height, width].map((side) => Math.floor((shortestEdge * side) / short)) as [
    number,
    number,
  ];
  const view = { kind: "center", size: [rows, columns], ratio: 1, stretch: true } as const;
  return { data: Uint8Array.from(viewOf(image, view).data), width: columns, height: rows };
}
