import * as tf from "@tensorflow/tfjs-core";
import { customOp, withGradient } from "kernel-contract";
import {
  atLeast,
  BOOLEAN,
  type Checks,
  FRACTION,
  optional,
  requireArguments,
  requireOptions,
  TENSOR,
} from "known-options";
import { requireOneShape } from "./binary-cross-entropy.ts";

/** Options of {@link focalLoss}. */
export interface FocalLossOptions {
  /** Exponent, at least 0, by which what is known already counts less; 0: cross-entropy. Default 2. */
  readonly gamma?: number;
  /** Weight in [0, 1] of the classes that a sample has, for several labels; the others have `1 − alpha`. Default: no weights. */
  readonly alpha?: number;
  /** Whether each class is a question of its own (sigmoid), as for several labels, or they exclude each other (softmax). Default false. */
  readonly multiLabel?: boolean;
}

const CHECKS: Checks<FocalLossOptions> = {
  gamma: optional(atLeast(0)),
  alpha: optional(FRACTION),
  multiLabel: optional(BOOLEAN),
};

/** Smallest distance of a probability from 1 whose power below 1 is taken: half of float32's last bit. */
const LEAST = 2 ** -25;

/**
 * Computes the focal loss, for each sample.
 *
 * For one label, `loss[i] = −Σ_c t_c · (1 − p_c)^γ · log p_c` with `p = softmax(logits)`: for a one-hot target the paper's
 * `−(1 − p_t)^γ · log p_t`. For several, the mean over the classes of `a · (1 − p_t)^γ · BCE`, with `p = sigmoid(logits)`,
 * `p_t = p · t + (1 − p) · (1 − t)` and `a = alpha · t + (1 − alpha) · (1 − t)`: torchvision's `sigmoid_focal_loss`.
 * Targets have no gradient.
 *
 * @param targets - `[batch, classes]`, float32: one-hot, mixed, or times weights for one label; in [0, 1] for several. Not disposed.
 * @param logits - `[batch, classes]`, float32. Not disposed.
 * @returns `[batch]`, float32; owned by the caller.
 * @throws TypeError for an unknown option. RangeError if one is out of range, the shapes differ, or `alpha` is given for one label, where
 * weights of classes stand for it.
 * @see Lin et al. 2017, https://arxiv.org/abs/1708.02002; torchvision's `sigmoid_focal_loss`
 *
 * @example
 * const loss = focalLoss(tf.tensor2d([[0, 1]]), tf.tensor2d([[1, 3]]), { gamma: 2 });
 * console.log(loss.dataSync()[0].toFixed(4)); // 0.0018
 */
export function focalLoss(
  targets: tf.Tensor2D,
  logits: tf.Tensor2D,
  options: FocalLossOptions = {},
): tf.Tensor1D {
  requireOptions("focalLoss", options, CHECKS);
  requireArguments("focalLoss", { targets, logits }, { targets: TENSOR, logits: TENSOR });
  requireOneShape("focalLoss", targets, logits);
  const { gamma = 2, alpha, multiLabel = false } = options;
  if (!multiLabel) {
    if (alpha === undefined) return ofSoftmax(targets, logits, gamma);
    throw new RangeError(
      `focalLoss: alpha is for several labels (multiLabel: true); weigh the targets' classes instead, got ${alpha}`,
    );
  }
  return tf.tidy(() => tf.mean(sigmoidFocal(targets, logits, gamma, alpha), 1) as tf.Tensor1D);
}

function ofSoftmax(targets: tf.Tensor2D, logits: tf.Tensor2D, gamma: number): tf.Tensor1D {
  return customOp([logits], (x) => {
    const logP = tf.logSoftmax(x as tf.Tensor2D);
    const far = tf.sub(1, tf.exp(logP));
    return withGradient({
      value: tf.neg(tf.sum(tf.mul(targets, tf.mul(tf.pow(far, gamma), logP)), 1)),
      saved: [targets, logits],
      backward: (dy, [t, x]) => {
        const logP = tf.logSoftmax(x as tf.Tensor2D);
        const p = tf.exp(logP);
        const far = tf.sub(1, p);
        // Derivative of −(1 − p)^γ · log p by log p.
        const steep = tf.mul(gamma, tf.mul(tf.pow(tf.maximum(far, LEAST), gamma - 1), tf.mul(p, logP)));
        const slope = tf.mul(t, tf.sub(steep, tf.pow(far, gamma)));
        const all = tf.sub(slope, tf.mul(p, tf.sum(slope, 1, true)));
        return [tf.mul(all, tf.expandDims(dy, 1))];
      },
    });
  }) as tf.Tensor1D;
}

/** The focal loss of each class as a question of its own, `[batch, classes]`; owned by the caller. */
export function sigmoidFocal(
  targets: tf.Tensor2D,
  logits: tf.Tensor2D,
  gamma: number,
  alpha: number | undefined,
): tf.Tensor2D {
  const weighOf = (t: tf.Tensor): tf.Tensor =>
    alpha === undefined ? tf.scalar(1) : tf.add(tf.mul(t, 2 * alpha - 1), 1 - alpha);
  const entropyOf = (t: tf.Tensor, x: tf.Tensor): tf.Tensor =>
    tf.add(tf.sub(tf.relu(x), tf.mul(x, t)), tf.log1p(tf.exp(tf.neg(tf.abs(x)))));
  /** 1 − p_t. */
  const farOf = (t: tf.Tensor, p: tf.Tensor): tf.Tensor => tf.sub(tf.add(p, t), tf.mul(2, tf.mul(p, t)));
  return customOp([logits], (x) => {
    const far = farOf(targets, tf.sigmoid(x));
    return withGradient({
      value: tf.mul(weighOf(targets), tf.mul(entropyOf(targets, x), tf.pow(far, gamma))),
      saved: [targets, logits],
      backward: (dy, [t, x]) => {
        const p = tf.sigmoid(x);
        const far = farOf(t, p);
        const ofEntropy = tf.mul(tf.sub(p, t), tf.pow(far, gamma));
        const power = tf.mul(gamma, tf.pow(tf.maximum(far, LEAST), gamma - 1));
        const ofFar = tf.mul(tf.sub(1, tf.mul(2, t)), tf.mul(p, tf.sub(1, p)));
        const slope = tf.add(ofEntropy, tf.mul(entropyOf(t, x), tf.mul(power, ofFar)));
        return [tf.mul(tf.mul(weighOf(t), slope), dy)];
      },
    });
  }) as tf.Tensor2D;
}
