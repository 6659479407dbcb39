import { ARRAY_LIKE, requireArguments } from "known-options";

/**
 * Returns class weights by which all classes count alike: `samples / (classes · count)`, scikit-learn's `class_weight="balanced"`.
 *
 * @param counts - Samples of each class, each at least 1.
 * @returns One weight a class; their mean over the samples is 1.
 * @throws RangeError if a class has no sample: its weight would be infinite.
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.utils.class_weight.compute_class_weight.html
 *
 * @example
 * console.log(balancedWeights([60, 20, 20])); // [0.5556, 1.6667, 1.6667]
 */
export function balancedWeights(counts: ArrayLike<number>): number[] {
  requireArguments("balancedWeights", { counts }, { counts: ARRAY_LIKE });
  const all = Array.from(counts);
  const none = all.findIndex((count) => !(Number.isInteger(count) && count >= 1));
  if (none >= 0) {
    throw new RangeError(
      `balancedWeights: counts must be integers >= 1, got ${all[none]} at counts[${none}]`,
    );
  }
  const samples = all.reduce((sum, count) => sum + count, 0);
  return all.map((count) => samples / (all.length * count));
}
