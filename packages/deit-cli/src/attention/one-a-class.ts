import { best } from "../judge/judgement.ts";
import { THRESHOLD } from "../judge/multi-label.ts";
import type { Predictions } from "../judge/predictions.ts";

/**
 * A picture of each class: the first that the model classifies right, else the class's first.
 *
 * @returns Indices among the pictures, in the order of the classes, each once; classes without a picture have none.
 */
export function oneOfEachClass({ labels, targets, probabilities }: Predictions, classes: number): number[] {
  const has = (i: number, label: number): boolean =>
    targets === undefined ? labels[i] === label : targets[i]![label] === 1;
  const says = (row: Float32Array, label: number): boolean =>
    targets === undefined ? best(row) === label : row[label]! > THRESHOLD;
  const chosen = new Set<number>();
  for (let label = 0; label < classes; label++) {
    const own = [...labels.keys()].filter((i) => has(i, label) && !chosen.has(i));
    const one = own.find((i) => says(probabilities[i]!, label)) ?? own[0];
    if (one !== undefined) chosen.add(one);
  }
  return [...chosen];
}
