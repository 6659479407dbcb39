import { optional, requireOptions, UINT32 } from "known-options";
import { permutation } from "sample-keys";
import { calibrationError } from "./calibration-error.ts";
import { fitTemperature } from "./fit-temperature.ts";
import { type LabeledLogits, requireLabeledLogits } from "./labeled-logits.ts";
import { negativeLogLikelihood } from "./negative-log-likelihood.ts";

/** How well a model's probabilities fit its labels. */
export interface Calibration {
  /** Mean negative log-likelihood, in nats. */
  readonly nll: number;
  /** Expected calibration error with 15 bins. */
  readonly ece: number;
}

/** Result of {@link calibrate}. */
export interface Calibrated {
  /** Temperature fitted on all rows: the one to use. */
  readonly temperature: number;
  /** At temperature 1. */
  readonly before: Calibration;
  /** Each half at the temperature that was fitted on the other half. */
  readonly after: Calibration;
}

/** Options of {@link calibrate}. */
export interface CalibrateOptions {
  /** Seed of the halves, uint32. Default 0. */
  readonly seed?: number;
}

/**
 * Fits a temperature on held-out logits, and says honestly what it brings: likelihood and calibration error afterwards are of
 * rows that the temperature was not fitted on. Rows are cut in two halves, class by class, and each is judged at the other half's
 * temperature.
 *
 * @param labeled - Logits of pictures that the model was not trained on.
 * @throws TypeError for an unknown option. RangeError as {@link fitTemperature}, for a half too.
 * @see Guo et al. 2017, https://arxiv.org/abs/1706.04599
 *
 * @example
 * const logits = [4, 0, 4, 0, 4, 0, 4, 0, 4, 0, 4, 0, 4, 0, 4, 0];
 * const { temperature, before, after } = calibrate({ logits, labels: [0, 0, 0, 1, 0, 0, 0, 1], classes: 2 });
 * console.log(temperature.toFixed(3), before.nll.toFixed(3), after.nll.toFixed(3)); // 3.641 1.018 0.562
 */
export function calibrate(labeled: LabeledLogits, options: CalibrateOptions = {}): Calibrated {
  const { seed = 0 } = requireOptions("calibrate", options, { seed: optional(UINT32) });
  requireLabeledLogits("calibrate", labeled);
  const halves = halvesOf(labeled, seed).map((rows) => rowsOf(labeled, rows));
  const [first, second] = halves.map((half, i) => {
    try {
      return fitTemperature(half);
    } catch (error) {
      throw new RangeError(
        `calibrate: half ${i + 1} of 2, of ${half.labels.length} rows: ${(error as Error).message.replace("fitTemperature: ", "")}`,
        { cause: error },
      );
    }
  });
  const { classes } = labeled;
  // Logits of both halves, each divided by the other's temperature.
  const judged = [scaled(halves[0]!, second!), scaled(halves[1]!, first!)];
  const whole: LabeledLogits = {
    logits: judged.flatMap(({ logits }) => Array.from(logits)),
    labels: judged.flatMap(({ labels }) => Array.from(labels)),
    classes,
  };
  const figures = (one: LabeledLogits): Calibration => ({
    nll: negativeLogLikelihood(one),
    ece: calibrationError(one),
  });
  return { temperature: fitTemperature(labeled), before: figures(labeled), after: figures(whole) };
}

/** Rows of each half: those of each class are shuffled and dealt in turn. */
function halvesOf({ labels }: LabeledLogits, seed: number): [number[], number[]] {
  const halves: [number[], number[]] = [[], []];
  const order = [...permutation(labels.length, seed)].sort((a, b) => labels[a]! - labels[b]!); // stable
  for (const [place, row] of order.entries()) halves[place % 2]!.push(row);
  return halves;
}

function rowsOf({ logits, labels, classes }: LabeledLogits, rows: readonly number[]): LabeledLogits {
  return {
    logits: rows.flatMap((row) => Array.from({ length: classes }, (_, i) => logits[row * classes + i]!)),
    labels: rows.map((row) => labels[row]!),
    classes,
  };
}

function scaled({ logits, labels, classes }: LabeledLogits, temperature: number): LabeledLogits {
  return { logits: Array.from(logits, (logit) => logit / temperature), labels, classes };
}
