import * as tf from "@tensorflow/tfjs-core";
import {
  atLeast,
  BOOLEAN,
  either,
  FRACTION,
  type KindChecks,
  optional,
  POSITIVE,
  requireKind,
} from "known-options";
import type { MicroBatch, Prepared } from "train-loop";
import { binaryCrossEntropy, CLASS_WEIGHTS, requireOneEach } from "./binary-cross-entropy.ts";
import { byClass } from "./by-class.ts";
import { focalLoss, sigmoidFocal } from "./focal-loss.ts";
import { smoothedTargets } from "./label-smoothing.ts";
import { softmaxCrossEntropy } from "./softmax-cross-entropy.ts";

/** Loss of a model's logits against labels. */
export type LabelLoss =
  /** Cross-entropy of a softmax; for one label a sample. */
  | { readonly kind: "cross-entropy" }
  /**
   * Cross-entropy of a sigmoid for each class, as timm's `BinaryCrossEntropy`: targets above `targetThreshold` count as 1, others as 0 (default: as they
   * are); `sumClasses` sums over the classes, whose mean it is by default; `posWeight` weighs what a sample has.
   */
  | {
      readonly kind: "bce";
      readonly targetThreshold?: number;
      readonly sumClasses?: boolean;
      readonly posWeight?: number | readonly number[];
    }
  /** Focal loss (Lin et al. 2017), `gamma` 2 by default; of a sigmoid for several labels, where `alpha` weighs what a sample has. */
  | { readonly kind: "focal"; readonly gamma?: number; readonly alpha?: number };

const CHECKS: KindChecks<LabelLoss, "kind"> = {
  "cross-entropy": {},
  bce: {
    targetThreshold: optional(FRACTION),
    sumClasses: optional(BOOLEAN),
    posWeight: optional(either(POSITIVE, CLASS_WEIGHTS)),
  },
  focal: { gamma: optional(atLeast(0)), alpha: optional(FRACTION) },
};

/** Throws a TypeError or RangeError that names the caller unless the value is a {@link LabelLoss}. */
export function requireLabelLoss(caller: string, loss: LabelLoss): void {
  requireKind(`${caller}: loss`, loss, "kind", CHECKS);
}

/** What a task learns from labels. */
export interface LabelOptions {
  /** Label smoothing, in [0, 1): of one label as timm's targets, of several towards 0.5, as timm's `smooth_dense`. */
  readonly labelSmoothing: number;
  /** Loss of the labels. Default: cross-entropy, or, for several labels, `bce`. */
  readonly loss?: LabelLoss;
  /** Factor of each class in the labels' loss. Default: 1 for all. */
  readonly classWeights?: readonly number[];
  /** Whether samples may have several labels. Default false. */
  readonly multiLabel?: boolean;
}

/** The labels' part of a task. */
export interface LabelLearning {
  /** Targets of a micro-batch, and the rows' weights where the targets do not have them; owned by the caller. */
  targetsOf(batch: MicroBatch): Pick<Prepared, "targets" | "labelWeights">;
  /** Mean loss over the rows. */
  lossOf(prepared: Pick<Prepared, "targets" | "labelWeights">, logits: tf.Tensor2D): tf.Scalar;
  /** Part of the task's settings: absent where they are the defaults. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/**
 * Returns targets and loss of labels.
 *
 * Weights of classes multiply the terms of their classes, and the batch's loss is the mean over its rows: PyTorch's
 * `CrossEntropyLoss(weight)` with class probabilities as targets, `BinaryCrossEntropy(weight)` of timm. No sum of weights divides, so
 * micro-batches and replicas change nothing.
 *
 * @throws TypeError or RangeError that names the caller, for what does not fit the classes or each other.
 */
export function labelLearning(caller: string, options: LabelOptions, classes: number): LabelLearning {
  const { labelSmoothing, classWeights, multiLabel = false } = options;
  const loss: LabelLoss = options.loss ?? { kind: multiLabel ? "bce" : "cross-entropy" };
  requireLabelLoss(caller, loss);
  requireOneEach(`${caller}: classWeights`, classWeights, classes);
  if (loss.kind === "bce" && typeof loss.posWeight === "object")
    requireOneEach(`${caller}: loss: posWeight`, loss.posWeight, classes);
  if (loss.kind === "cross-entropy" && multiLabel)
    throw new RangeError(
      `${caller}: loss: several labels (multiLabel) need "bce" or "focal", since the classes of a softmax exclude each other, got "cross-entropy"`,
    );
  if (loss.kind === "focal" && loss.alpha !== undefined && !multiLabel)
    throw new RangeError(
      `${caller}: loss: alpha is for several labels (multiLabel); classWeights stand for it otherwise, got ${loss.alpha}`,
    );
  const isLinear = !(loss.kind === "bce" || multiLabel); // in its targets, which then have all weights
  return {
    settings: {
      ...(options.loss && { loss }),
      ...(classWeights && { classWeights }),
      ...(multiLabel && { multiLabel }),
    },
    targetsOf(batch) {
      if (isLinear)
        return { targets: weighed(smoothedTargets(batch, classes, labelSmoothing), classWeights) };
      const { labelWeights: weights } = batch;
      const targets = multiLabel
        ? towardsHalf(multiHot(batch, classes), labelSmoothing)
        : plainTargets(batch, classes, labelSmoothing);
      return {
        targets: thresholded(targets, loss.kind === "bce" ? loss.targetThreshold : undefined),
        ...(weights && { labelWeights: tf.clone(weights) }),
      };
    },
    lossOf: ({ targets, labelWeights }, logits) =>
      tf.tidy(() => {
        const rows = rowLosses(targets, logits);
        return tf.mean(labelWeights === undefined ? rows : tf.mul(rows, labelWeights)) as tf.Scalar;
      }),
  };

  function rowLosses(targets: tf.Tensor2D, logits: tf.Tensor2D): tf.Tensor1D {
    if (loss.kind === "cross-entropy") return softmaxCrossEntropy(targets, logits);
    if (loss.kind === "bce") {
      const { posWeight, sumClasses } = loss;
      return binaryCrossEntropy(targets, logits, {
        ...(classWeights && { classWeights }),
        ...(posWeight !== undefined && { posWeight }),
        ...(sumClasses !== undefined && { sumClasses }),
      });
    }
    const { gamma = 2, alpha } = loss;
    if (!multiLabel) return focalLoss(targets, logits, { gamma });
    const each = sigmoidFocal(targets, logits, gamma, alpha);
    return tf.mean(classWeights === undefined ? each : tf.mul(each, byClass(classWeights)), 1) as tf.Tensor1D;
  }
}

/** Multi-hot rows. */
function multiHot({ targets, labels }: MicroBatch, classes: number): tf.Tensor2D {
  return targets === undefined ? tf.zeros([labels.shape[0], classes]) : tf.clone(targets);
}

/** timm's smoothing of dense targets: each moves towards 0.5. */
function towardsHalf(targets: tf.Tensor2D, smoothing: number): tf.Tensor2D {
  if (smoothing === 0) return targets;
  return freeing(targets, () => tf.add(tf.mul(targets, 1 - smoothing), smoothing / 2));
}

function thresholded(targets: tf.Tensor2D, threshold: number | undefined): tf.Tensor2D {
  if (threshold === undefined) return targets;
  return freeing(targets, () => tf.cast(tf.greater(targets, threshold), "float32"));
}

function weighed(targets: tf.Tensor2D, weights: readonly number[] | undefined): tf.Tensor2D {
  if (weights === undefined) return targets;
  return freeing(targets, () => tf.mul(targets, tf.tensor1d([...weights])));
}

function freeing(tensor: tf.Tensor2D, next: () => tf.Tensor): tf.Tensor2D {
  const result = tf.tidy(next) as tf.Tensor2D;
  tensor.dispose();
  return result;
}

/** Smoothed targets without the rows' weights. Class 0 stands for no label: tfjs' WASM kernel writes outside of the row for −1. */
function plainTargets({ labels, targets }: MicroBatch, classes: number, smoothing: number): tf.Tensor2D {
  if (targets !== undefined) return smoothedTargets({ labels, targets }, classes, smoothing);
  const known = tf.tidy(() => tf.maximum(labels, tf.scalar(0, "int32")) as tf.Tensor1D);
  const smoothed = smoothedTargets({ labels: known }, classes, smoothing);
  known.dispose();
  return smoothed;
}
