import type { SampleStore } from "image-source";
import { type StratifiedSplitOptions, splitStore } from "image-source/node";
import { TF_FLOWERS_CLASSES } from "../class-names.ts";
import { isTfFlowers } from "./tf-flowers.ts";
import { tfdsSplit } from "./tfds-split.ts";

/**
 * Splits a store 90 to 10: by {@link tfdsSplit} for tf_flowers, recognized by its file names, and for drawn flowers; by the
 * stratified split of `splitStore` for others, and for all if `heldOut` is given.
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
  const isOfTfds = options?.heldOut === undefined && (isDrawn || isTfFlowers(store?.keys ?? []));
  return splitStore(store, options, isOfTfds ? tfdsSplit : undefined);
}
