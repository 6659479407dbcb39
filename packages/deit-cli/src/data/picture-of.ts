import type { SampleStore } from "image-source";
import { decodeSample } from "image-source/node";
import type { RgbImage } from "vision-augment";
import type { PictureRules } from "./picture-rules.ts";

/** A picture and its index in the store. */
export interface StoredPicture {
  readonly index: number;
  readonly image: RgbImage;
}

/**
 * Some pictures of a store, each shrunk as soon as it is decoded: photos take much memory.
 *
 * @throws Error naming one that does not decode, unless those are skipped.
 */
export async function picturesOf(
  store: SampleStore,
  indices: readonly number[],
  { onBad, ...limits }: PictureRules,
  shrink: (image: RgbImage) => RgbImage,
): Promise<StoredPicture[]> {
  const pictures: StoredPicture[] = [];
  for (const index of indices) {
    try {
      pictures.push({ index, image: shrink(await decodeSample(store, index, limits)) });
    } catch (error) {
      if (onBad === "throw") throw error;
    }
  }
  return pictures;
}
