import { COUNT, optional, requireArguments, requireOptions } from "known-options";
import type { RgbImage } from "vision-augment";
import { type Encoding, rawImage, type SampleStore, STORE, sampleBytes } from "../../sample-store.ts";
import { decodeBytes } from "./decode-image.ts";

/**
 * Decodes an image of a store, upright if the store's encoding is.
 *
 * @param options - `maxPixels`: as for `decodeImage`.
 * @throws TypeError for an unknown option. RangeError if one is out of range. Error naming the picture if it does not decode.
 *
 * @example
 * ```ts norun
 * const image = await decodeSample(await openImages("photos"), 0);
 * ```
 */
export async function decodeSample(
  store: SampleStore,
  index: number,
  options: { readonly maxPixels?: number } = {},
): Promise<RgbImage> {
  requireOptions("decodeSample", options, { maxPixels: optional(COUNT) });
  requireArguments("decodeSample", { store }, { store: STORE });
  try {
    return await readSample({ ...store, ...options }, index);
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new Error(`${store.keys[index]}: expected a picture that decodes, got: ${reason}`, { cause });
  }
}

/** Decodes as {@link decodeSample}; the error states only the problem. */
export async function readSample(
  samples: {
    readonly bytes: SharedArrayBuffer;
    readonly spans: Float64Array;
    readonly encoding: Encoding;
    readonly maxPixels?: number;
  },
  index: number,
): Promise<RgbImage> {
  const { encoding, maxPixels } = samples;
  const bytes = sampleBytes(samples, index);
  if (encoding.kind === "rgb") return rawImage(bytes, encoding.width, encoding.height);
  const { upright = false } = encoding;
  return decodeBytes(bytes, { upright, ...(maxPixels !== undefined && { maxPixels }) });
}
