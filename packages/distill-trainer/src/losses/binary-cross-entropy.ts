import * as tf from "@tensorflow/tfjs-core";
import { customOp, withGradient } from "kernel-contract";
import {
  BOOLEAN,
  type Check,
  type Checks,
  check,
  either,
  FINITE,
  optional,
  POSITIVE,
  requireArguments,
  requireOptions,
  TENSOR,
} from "known-options";
import { byClass } from "./by-class.ts";

/** Options of {@link binaryCrossEntropy}. */
export interface BinaryCrossEntropyOptions {
  /** Factor of each class's loss, at least 0. Default: 1 for all. */
  readonly classWeights?: readonly number[];
  /** Factor of what a class costs that a sample has: of all classes, or one a class. Default 1. */
  readonly posWeight?: number | readonly number[];
  /** Whether a sample's loss is the sum over the classes, not their mean. Default false. */
  readonly sumClasses?: boolean;
}

/** Factors of classes. */
export const CLASS_WEIGHTS: Check = check(
  "a list of finite numbers >= 0",
  (value) => Array.isArray(value) && value.every((one) => FINITE.fits(one) && Number(one) >= 0),
);

const CHECKS: Checks<BinaryCrossEntropyOptions> = {
  classWeights: optional(CLASS_WEIGHTS),
  posWeight: optional(either(POSITIVE, CLASS_WEIGHTS)),
  sumClasses: optional(BOOLEAN),
};

/**
 * Computes the binary cross-entropy of sigmoid(logits) against targets in [0, 1], for each sample: each class is a question of its own.
 *
 * `loss[i] = mean_c w_c · ((1 − t) · x + (1 + (q_c − 1) · t) · log(1 + exp(−x)))`, with class weights `w` and `posWeight` q, in a form that
 * does not overflow. The gradient is exact at logits of 0 too. Targets have no gradient.
 *
 * @param targets - `[batch, classes]`, float32, in [0, 1]. Not disposed.
 * @param logits - `[batch, classes]`, float32. Not disposed.
 * @returns `[batch]`, float32; owned by the caller.
 * @throws TypeError for an unknown option. RangeError if the shapes differ or a list of weights does not have one number a class.
 * @see PyTorch's `binary_cross_entropy_with_logits(weight, pos_weight)`; timm's `BinaryCrossEntropy`
 *
 * @example
 * const loss = binaryCrossEntropy(tf.tensor2d([[1, 0]]), tf.tensor2d([[2, 0]]));
 * console.log(loss.dataSync()[0].toFixed(4)); // 0.4100
 */
export function binaryCrossEntropy(
  targets: tf.Tensor2D,
  logits: tf.Tensor2D,
  options: BinaryCrossEntropyOptions = {},
): tf.Tensor1D {
  requireOptions("binaryCrossEntropy", options, CHECKS);
  requireArguments("binaryCrossEntropy", { targets, logits }, { targets: TENSOR, logits: TENSOR });
  requireOneShape("binaryCrossEntropy", targets, logits);
  const classes = logits.shape[1];
  const { classWeights, posWeight = 1, sumClasses = false } = options;
  requireOneEach("binaryCrossEntropy: classWeights", classWeights, classes);
  if (typeof posWeight !== "number") requireOneEach("binaryCrossEntropy: posWeight", posWeight, classes);
  const scale = sumClasses ? 1 : 1 / classes;
  const factors = (): tf.Tensor =>
    classWeights === undefined ? tf.scalar(scale) : byClass(classWeights.map((weight) => weight * scale));
  const ofPositive = (t: tf.Tensor): tf.Tensor => {
    const extra =
      typeof posWeight === "number" ? tf.scalar(posWeight - 1) : byClass(posWeight.map((q) => q - 1));
    return tf.add(tf.mul(t, extra), 1);
  };
  return customOp([logits], (x) => {
    const negative = tf.log1p(tf.exp(tf.neg(tf.abs(x)))); // −log σ(|x|)
    const softplus = tf.add(negative, tf.relu(tf.neg(x))); // log(1 + exp(−x))
    const each = tf.add(tf.mul(tf.sub(1, targets), x), tf.mul(ofPositive(targets), softplus));
    return withGradient({
      value: tf.sum(tf.mul(each, factors()), 1),
      saved: [targets, logits],
      backward: (dy, [t, x]) => {
        const slope = tf.sub(tf.sub(1, t), tf.mul(ofPositive(t), tf.sigmoid(tf.neg(x))));
        return [tf.mul(tf.mul(slope, factors()), tf.expandDims(dy, 1))];
      },
    });
  }) as tf.Tensor1D;
}

/** Throws a RangeError that names the caller unless targets and logits are `[batch, classes]` alike. */
export function requireOneShape(caller: string, targets: tf.Tensor, logits: tf.Tensor): void {
  if (logits.rank === 2 && String(targets.shape) === String(logits.shape)) return;
  throw new RangeError(
    `${caller}: targets and logits must have one shape [batch, classes], got [${targets.shape}] and [${logits.shape}]`,
  );
}

/** Throws a RangeError unless a list, where there is one, has a number for each class. */
export function requireOneEach(what: string, list: readonly number[] | undefined, classes: number): void {
  if (list === undefined || list.length === classes) return;
  throw new RangeError(`${what} must be one number for each of ${classes} classes, got ${list.length}`);
}
