import { COUNT, optional, POSITIVE, requireOptions } from "known-options";
import { type LabeledLogits, requireLabeledLogits } from "./labeled-logits.ts";

/** Options of {@link reliability} and {@link calibrationError}. */
export interface CalibrationErrorOptions {
  /** Number of bins of equal width. Default 15. */
  readonly bins?: number;
  /** Logits are divided by it. Default 1. */
  readonly temperature?: number;
}

/** Predictions whose confidence lies in one bin. */
export interface ReliabilityBin {
  /** The bin is `(from, to]`. */
  readonly from: number;
  readonly to: number;
  readonly count: number;
  /** Mean probability of the predicted class; `NaN` for an empty bin. */
  readonly confidence: number;
  /** Share of right predictions; `NaN` for an empty bin. */
  readonly accuracy: number;
}

const CHECKS = { bins: optional(COUNT), temperature: optional(POSITIVE) };

/**
 * Sorts predictions into bins of their confidence, for a reliability diagram.
 *
 * Confidence is the largest probability of `softmax(logits / temperature)`; of equal logits the first class is predicted.
 *
 * @throws TypeError for an unknown option. RangeError if one is out of range, or logits and labels do not fit together.
 * @see Guo et al. 2017, section 2, https://arxiv.org/abs/1706.04599
 *
 * @example
 * const bins = reliability({ logits: [0, 2, 3, 0], labels: [1, 1], classes: 2 }, { bins: 2 });
 * console.log(bins[1]?.count, bins[1]?.accuracy); // 2 0.5
 */
export function reliability(labeled: LabeledLogits, options: CalibrationErrorOptions = {}): ReliabilityBin[] {
  const { bins = 15, temperature = 1 } = requireOptions("reliability", options, CHECKS);
  requireLabeledLogits("reliability", labeled);
  return binsOf(labeled, bins, temperature);
}

/**
 * Computes the expected calibration error (ECE): the mean distance of confidence and accuracy in the bins of {@link reliability},
 * weighted by their counts.
 *
 * @returns In [0, 1]; 0 for a model of which a share p of the predictions with probability p is right.
 * @throws TypeError for an unknown option. RangeError if one is out of range, or logits and labels do not fit together.
 * @see Guo et al. 2017, section 2, https://arxiv.org/abs/1706.04599; torchmetrics' `MulticlassCalibrationError(norm="l1")`
 *
 * @example
 * const labeled = { logits: [4, 0, 4, 0, 4, 0, 4, 0], labels: [0, 0, 0, 1], classes: 2 };
 * console.log(calibrationError(labeled).toFixed(4)); // 0.2320: the confidence is 0.9820, the accuracy 0.75
 * console.log(calibrationError(labeled, { temperature: fitTemperature(labeled) }).toFixed(4)); // 0.0000
 */
export function calibrationError(labeled: LabeledLogits, options: CalibrationErrorOptions = {}): number {
  const { bins = 15, temperature = 1 } = requireOptions("calibrationError", options, CHECKS);
  requireLabeledLogits("calibrationError", labeled);
  let error = 0;
  for (const { count, confidence, accuracy } of binsOf(labeled, bins, temperature))
    if (count > 0) error += (count / labeled.labels.length) * Math.abs(confidence - accuracy);
  return error;
}

function binsOf(
  { logits, labels, classes }: LabeledLogits,
  bins: number,
  temperature: number,
): ReliabilityBin[] {
  const sums = Array.from({ length: bins }, () => ({ count: 0, confidence: 0, right: 0 }));
  for (let row = 0; row < labels.length; row++) {
    const start = row * classes;
    let best = 0;
    for (let i = 1; i < classes; i++) if (logits[start + i]! > logits[start + best]!) best = i;
    let sum = 0;
    for (let i = 0; i < classes; i++)
      sum += Math.exp((logits[start + i]! - logits[start + best]!) / temperature);
    const confidence = 1 / sum;
    const bin = sums[Math.min(bins, Math.ceil(confidence * bins)) - 1]!;
    bin.count += 1;
    bin.confidence += confidence;
    bin.right += best === labels[row] ? 1 : 0;
  }
  return sums.map(({ count, confidence, right }, i) => ({
    ...{ from: i / bins, to: (i + 1) / bins, count },
    ...{ confidence: confidence / count, accuracy: right / count },
  }));
}
