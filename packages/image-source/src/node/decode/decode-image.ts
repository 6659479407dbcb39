import { BOOLEAN, COUNT, optional, requireOptions } from "known-options";
import type { Sharp } from "sharp";
import type { RgbImage } from "vision-augment";
import { cmykToRgb, readCmykJpeg } from "./cmyk-jpeg.ts";
import { nameOfOther, photoFormat } from "./photo-format.ts";

/** Pixels of a photo that is decoded unless another limit is given: 300 MB decoded. */
const MOST_PIXELS = 100_000_000;

/** Options of {@link decodeImage}. */
export interface DecodeImageOptions {
  /** Whether a photo is turned as its EXIF orientation says, as people see it. TensorFlow does not. Default false. */
  readonly upright?: boolean;
  /** Most pixels that a photo may have, read from its header before anything is decoded. Default 100,000,000. */
  readonly maxPixels?: number;
}

/**
 * Decodes a JPEG, PNG, WebP, GIF (its first frame), AVIF or TIFF to RGB as TensorFlow's `decode_jpeg` does: no color profile
 * and, unless it is asked for, no EXIF orientation applied; gray and CMYK become RGB, of 16 bits the upper 8 are kept,
 * transparency is dropped.
 *
 * JPEG to the bit what TensorFlow gives with `dct_method="INTEGER_ACCURATE"`, CMYK and YCCK included, and PNG what its
 * `decode_image` gives. Its default transform is faster and coarser: on 25 photos of tf_flowers that differs by at most
 * 19 of 255, on average by 0.7 to 1.4. Pillow's `convert("RGB")` gives the same except for CMYK (1 of 255 where Adobe's
 * marker is there; without it, Pillow inverts and TensorFlow does not) and for gray PNGs of 16 bits, which it clips.
 *
 * @param bytes - The file. Not changed.
 * @returns uint8, 0…255, owned by the caller.
 * @throws RangeError for an option that does not fit. Error that says what is wrong with the bytes: another format (by their
 * content, not by a name), too many pixels, damaged or cut short.
 *
 * @example
 * ```ts norun
 * import { readFile } from "node:fs/promises";
 *
 * const image = await decodeImage(await readFile("daisy.jpg"));
 * console.log(image.width, image.height);
 * ```
 */
export async function decodeImage(bytes: Uint8Array, options: DecodeImageOptions = {}): Promise<RgbImage> {
  requireOptions("decodeImage", options, { upright: optional(BOOLEAN), maxPixels: optional(COUNT) });
  try {
    return await decodeBytes(bytes, options);
  } catch (cause) {
    throw new Error(`decodeImage: expected a picture that decodes, got ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** {@link decodeImage} whose options are checked already and whose error says only what was got. */
export async function decodeBytes(
  bytes: Uint8Array,
  { upright = false, maxPixels = MOST_PIXELS }: DecodeImageOptions,
): Promise<RgbImage> {
  const format = photoFormat(bytes);
  if (format === undefined) {
    throw new Error(`${nameOfOther(bytes)}, not a JPEG, PNG, WebP, GIF, AVIF or TIFF`);
  }
  const { default: sharp } = await import("sharp"); // native, and only here: not in threads that draw
  const file = Buffer.from(bytes); // copied: native code takes no shared memory
  const decode = async (failOn: "warning" | "error"): Promise<RgbImage> => {
    const input = sharp(file, { failOn, ignoreIcc: true, autoOrient: upright, limitInputPixels: false });
    const { width, height } = await input.metadata();
    if (width * height > maxPixels) throw new TooManyPixels(width, height, maxPixels);
    return pixelsOf(input, bytes);
  };
  try {
    // Of what libjpeg warns about, data that end too early are damage, though an end mark may follow. The rest (a stray byte before a
    // marker) is none, as in TensorFlow.
    if (format !== "JPEG") return await decode("error");
    return await decode("warning").catch((error: Error) => {
      if (error instanceof TooManyPixels || /premature end/i.test(error.message)) throw error;
      return decode("error");
    });
  } catch (cause) {
    if (cause instanceof TooManyPixels) throw cause;
    const [reason] = (cause as Error).message.split("\n", 1);
    const isKnown = reason !== "" && reason !== "Unknown error";
    throw new Error(`a damaged ${format}${isKnown ? `: ${reason}` : ""}`, { cause });
  }
}

class TooManyPixels extends Error {
  constructor(width: number, height: number, most: number) {
    super(`${width}x${height} = ${width * height} pixels, more than the limit of ${most}`);
  }
}

async function pixelsOf(input: Sharp, bytes: Uint8Array): Promise<RgbImage> {
  const cmyk = readCmykJpeg(bytes); // kept so to the end: sharp would convert it by a printer's profile
  const wanted = cmyk ? input.pipelineColorspace("cmyk").toColorspace("cmyk") : input.toColorspace("srgb");
  const { data, info } = await wanted.removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  if (cmyk) return { data: cmykToRgb(data, cmyk), width, height };
  return { data: channels === 3 ? data : grayToRgb(data, channels), width, height };
}

function grayToRgb(data: Uint8Array, channels: number): Uint8Array {
  const pixels = data.length / channels;
  const rgb = new Uint8Array(pixels * 3);
  for (let i = 0; i < pixels; i++) rgb.fill(data[i * channels]!, i * 3, i * 3 + 3);
  return rgb;
}
