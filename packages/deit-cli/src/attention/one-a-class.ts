import { best } from "../judge/judgement.ts";
import type { Predictions } from "../judge/predictions.ts";

/**
 * A picture of each class: the first that the model classifies right, else the class's first.
 *
 * @returns Indices among the pictures, in the order of the classes; classes without a picture have none.
 */
export function oneOfEachClass({ labels, probabilities }: Predictions, classes: number): number[] {
  return Array.from({ length: classes }, (_, label) => {
    const own = [...labels.keys()].filter((i) => labels[i] === label);
    return own.find((i) => best(probabilities[i]!) === label) ?? own[0];
  }).filter((i) => i !== undefined);
}
