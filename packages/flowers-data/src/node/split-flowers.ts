import type { SampleStore } from "image-source";
import { type StratifiedSplitOptions, splitStore } from "image-source/node";
import { TF_FLOWERS_CLASSES } from "../class-names.ts";
import { isTfFlowers } from "./tf-flowers.ts";
import { tfdsSplit } from "./tfds-split.ts";

/**
 * Splits a store 90 to 10: by {@link tfdsSplit} for tf_flowers, recognized by its file names, and for drawn flowers; by the
 * stratified split of `splitStore` for others.
 *
 * @param options - Options of the stratified split.
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
