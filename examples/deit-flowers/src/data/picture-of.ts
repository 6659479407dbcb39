import { decodeImage, type RgbImage, type SampleStore } from "flowers-data";

/** What becomes of pictures that do not decode. */
export type OnBadPicture = "skip" | "throw";

/** A picture and its place in the store. */
export interface StoredPicture {
  readonly index: number;
  readonly image: RgbImage;
}

/**
 * Some pictures of a store, as they are.
 *
 * @throws Error naming one that does not decode, unless those are skipped.
 */
export async function picturesOf(
  store: SampleStore,
  indices: readonly number[],
  onBad: OnBadPicture,
): Promise<StoredPicture[]> {
  const pictures = await Promise.all(
    indices.map(async (index) => {
      try {
        return [{ index, image: await pictureOf(store, index) }];
      } catch (cause) {
        if (onBad === "skip") return [];
        const reason = (cause as Error).message;
        throw new Error(`${store.keys[index]}: expected a picture that decodes, got: ${reason}`, { cause });
      }
    }),
  );
  return pictures.flat();
}

async function pictureOf(store: SampleStore, index: number): Promise<RgbImage> {
  const { encoding } = store;
  const bytes = store.bytesOf(index);
  if (encoding.kind === "file") return decodeImage(bytes);
  return { data: bytes, width: encoding.width, height: encoding.height };
}
