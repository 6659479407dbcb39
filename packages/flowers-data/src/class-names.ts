import { LIST, requireArguments } from "known-options";
/** The classes of tf_flowers in the order of their labels in TensorFlow Datasets, which is not the alphabet's. */
export const TF_FLOWERS_CLASSES: readonly string[] = ["dandelion", "daisy", "tulips", "sunflowers", "roses"];

/**
 * Puts class folders in the order of their labels: that of TensorFlow Datasets where they are the five flowers,
 * alphabetical (by code unit) otherwise.
 *
 * @returns A new array.
 *
 * @example
 * console.log(labelOrder(["b", "a"])); // ["a", "b"]
 */
export function labelOrder(folders: readonly string[]): string[] {
  requireArguments("labelOrder", { folders }, { folders: LIST });
  const sorted = [...folders].sort();
  const flowers = [...TF_FLOWERS_CLASSES].sort();
  const isFlowers = sorted.length === flowers.length && sorted.every((name, i) => name === flowers[i]);
  return isFlowers ? [...TF_FLOWERS_CLASSES] : sorted;
}
