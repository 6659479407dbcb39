import { type LabeledLogits, requireLabeledLogits } from "./labeled-logits.ts";
import { likelihoodAt } from "./negative-log-likelihood.ts";

/** Temperatures that are looked at. */
const [COLDEST, HOTTEST] = [1e-3, 1e3];
const STEPS = 200;

/**
 * Finds the temperature that calibrates a classifier: the one that minimizes the {@link negativeLogLikelihood} of held-out labels.
 * It is unique, for the likelihood is convex in 1 / temperature; found by Newton's method within a bracket. Dividing logits by a
 * temperature changes no prediction, only how sure it is.
 *
 * @param labeled - Logits of pictures that the model was not trained on.
 * @returns The temperature, to 12 digits: above 1 for a model that is too sure, below 1 for one that is not sure enough.
 * @throws RangeError if logits and labels do not fit together, or no temperature in [0.001, 1000] is best: all predictions are
 * right (the colder the better), or the logits say less than chance.
 * @see Guo et al. 2017, section 4.2, https://arxiv.org/abs/1706.04599
 *
 * @example
 * // Three of four are right, with logits that say e^4 : 1. Odds of 3 : 1 are e^1.0986.
 * const labeled = { logits: [4, 0, 4, 0, 4, 0, 4, 0], labels: [0, 0, 0, 1], classes: 2 };
 * console.log(fitTemperature(labeled).toFixed(4)); // 3.6410: 4 / log(3)
 */
export function fitTemperature(labeled: LabeledLogits): number {
  requireLabeledLogits("fitTemperature", labeled);
  let [low, high] = [1 / HOTTEST, 1 / COLDEST];
  const none = (why: string) =>
    new RangeError(`fitTemperature: no temperature in [${COLDEST}, ${HOTTEST}] is best: ${why}`);
  if (likelihoodAt(labeled, low).slope >= 0) throw none("the logits say less than chance of the labels");
  if (likelihoodAt(labeled, high).slope <= 0)
    throw none(`the highest logit is that of the label in all ${labeled.labels.length} rows, or nearly`);
  let beta = 1;
  for (let step = 0; step < STEPS; step++) {
    const { slope, curvature } = likelihoodAt(labeled, beta);
    if (slope === 0) break;
    if (slope < 0) low = beta;
    else high = beta;
    const newton = beta - slope / curvature;
    const next = newton > low && newton < high ? newton : Math.sqrt(low * high);
    if (Math.abs(next - beta) <= 1e-14 * beta) break;
    beta = next;
  }
  return 1 / beta;
}
