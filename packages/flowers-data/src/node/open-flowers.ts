import type { SampleStore } from "image-source";
import { type OpenImagesOptions, openImages } from "image-source/node";
import { labelOrder } from "../class-names.ts";
import { isTfFlowers } from "./tf-flowers.ts";

/**
 * Options of {@link openFlowers}: those of `openImages`, except the label order. `upright` is false by default for tf_flowers (known by its
 * file names), whose photos TensorFlow shows as they are stored.
 */
export type OpenFlowersOptions = Omit<OpenImagesOptions, "labelOrder">;

/**
 * Reads `flower_photos.tgz`, its folder, or any pictures that `openImages` reads, with the labels of TensorFlow Datasets where the
 * classes are its five flowers.
 *
 * @param path - `.tgz`, `.tar.gz`, `.tar`, or a folder.
 * @throws Error of one line naming the path, as `openImages`.
 *
 * @example
 * ```ts norun
 * const store = await openFlowers("flower_photos.tgz", { onNote: ({ text }) => console.log(text) });
 * console.log(store.size, store.classNames);
 * ```
 */
export async function openFlowers(path: string, options: OpenFlowersOptions = {}): Promise<SampleStore> {
  const store = await openImages(path, { ...options, labelOrder });
  const { upright = !isTfFlowers(store.keys) } = options;
  return store.withUpright(upright);
}
