import { BOOLEAN, BYTES, COUNT, optional, requireArguments, requireOptions } from "known-options";
import type { Sharp } from "sharp";
import type { RgbImage } from "vision-augment";
import { nameOfOther, photoFormat } from "../../formats/photo-format.ts";
import { cmykToRgb, readCmykJpeg } from "./cmyk-jpeg.ts";

/** Default limit of a photo's pixels: 300 MB decoded. */
const MOST_PIXELS = 100_000_000;

/** Options of {@link decodeImage}. */
export interface DecodeImageOptions {
  /** Whether to apply the EXIF orientation, which TensorFlow does not. Default true. */
  readonly upright?: boolean;
  /** Limit of an image's pixels, checked with its header before decoding. Default 100,000,000. */
  readonly maxPixels?: number;
}

/**
 * Decodes a JPEG, PNG, WebP, GIF (first frame), AVIF or TIFF to RGB: upright by its EXIF orientation, without its color
 * profile; gray and CMYK become RGB, 16 bits are cut to the upper 8, transparency is dropped.
 *
 * With `upright: false` a JPEG equals TensorFlow's with `dct_method="INTEGER_ACCURATE"` bit for bit, CMYK and YCCK included,
 * and a PNG its `decode_image`. TensorFlow's default transform is coarser: it differs on 25 photos of tf_flowers by at most
 * 19 of 255, on average by 0.7 to 1.4. Pillow's `convert("RGB")` is equal except for CMYK (1 of 255 with Adobe's marker;
 * without it, Pillow inverts and TensorFlow does not) and for gray PNGs of 16 bits, which it clips.
 *
 * @param bytes - Contents of the file. Not changed.
 * @returns An image of uint8, 0…255, owned by the caller.
 * @throws TypeError if `bytes` is not a `Uint8Array`; RangeError for an option that does not fit; Error for bytes of another
 * format (by content), with too many pixels, damaged or truncated.
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
  requireArguments("decodeImage", { bytes }, { bytes: BYTES });
  try {
    return await decodeBytes(bytes, options);
  } catch (cause) {
    throw new Error(`decodeImage: expected a picture that decodes, got ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** Decodes as {@link decodeImage}, with options already checked; the error states only the problem. */
export async function decodeBytes(
  bytes: Uint8Array,
  { upright = true, maxPixels = MOST_PIXELS }: DecodeImageOptions,
): Promise<RgbImage> {
  const format = photoFormat(bytes);
  if (format === undefined) {
    throw new Error(`${nameOfOther(bytes)}, not a JPEG, PNG, WebP, GIF, AVIF or TIFF`);
  }
  const { default: sharp } = await import("sharp"); // native: loaded only where photos are decoded
  const file = Buffer.from(bytes); // a copy: native code cannot read shared memory
  const decode = async (failOn: "warning" | "error"): Promise<RgbImage> => {
    const input = sharp(file, { failOn, ignoreIcc: true, autoOrient: upright, limitInputPixels: false });
    const { width, height } = await input.metadata();
    if (width * height > maxPixels) throw new TooManyPixels(width, height, maxPixels);
    return pixelsOf(input, bytes);
  };
  try {
    // As in TensorFlow, a premature end is the only warning of libjpeg that counts as damage; a stray byte before a marker does not.
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
  const cmyk = readCmykJpeg(bytes); // sharp would convert it by a printer's profile
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
