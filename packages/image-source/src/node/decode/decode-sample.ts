import { COUNT, optional, requireOptions } from "known-options";
import type { RgbImage } from "vision-augment";
import { type Encoding, rawImage, type SampleStore, sampleBytes } from "../../sample-store.ts";
import { decodeBytes } from "./decode-image.ts";

/**
 * A picture of a store as it is shown: decoded, turned upright where the store's photos are.
 *
 * @param options - `maxPixels`: as of `decodeImage`.
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
  try {
    return await readSample({ ...store, ...options }, index);
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new Error(`${store.keys[index]}: expected a picture that decodes, got: ${reason}`, { cause });
  }
}

/** {@link decodeSample} whose error says only what was got. */
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
