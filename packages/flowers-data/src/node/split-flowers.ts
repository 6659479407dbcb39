import type { SampleStore } from "image-source";
import { type StratifiedSplitOptions, splitStore } from "image-source/node";
import { TF_FLOWERS_CLASSES } from "../class-names.ts";
import { isTfFlowers } from "./tf-flowers.ts";
import { tfdsSplit } from "./tfds-split.ts";

/**
 * A store in two parts, 90 to 10: {@link tfdsSplit} for tf_flowers, known by its file names, and for drawn flowers; the stratified split
 * of `splitStore` for all others.
 *
 * @param options - Of the stratified split; the other one has none.
 * @throws As `splitStore`.
 *
 * @example
 * ```ts norun
 * const { train, validation } = splitFlowers(await openFlowers("flower_photos.tgz"));
 * ```
 */
export function splitFlowers(
  store: SampleStore,
  options: StratifiedSplitOptions = {},
): { train: SampleStore; validation: SampleStore } {
  const isDrawn = store?.encoding?.kind === "rgb" && store.classNames === TF_FLOWERS_CLASSES;
  return splitStore(store, options, isDrawn || isTfFlowers(store?.keys ?? []) ? tfdsSplit : undefined);
}
