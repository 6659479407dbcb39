import * as tf from "@tensorflow/tfjs-core";

/** One step's numbers, the same for every variable. */
export interface AdamWStep {
  readonly beta1: number;
  readonly beta2: number;
  /** Learning rate with both bias corrections folded in. */
  readonly stepSize: number;
  /** Added to `sqrt(v)`, where `v` is not bias-corrected. */
  readonly epsilon: number;
  /** Share of the variable that decays away in this step. */
  readonly decay: number;
}

/** A variable's value and its two moments. */
export interface AdamWState {
  readonly value: tf.Tensor;
  readonly m: tf.Tensor;
  readonly v: tf.Tensor;
}

/** Options that decide a step's numbers. */
export interface AdamWStepOptions {
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecayMode: "absolute" | "lr-scaled";
  readonly epsilonPlacement: "uncorrected" | "corrected";
}

/**
 * The numbers of step `t` (from 1).
 *
 * `stepSize = lr · sqrt(1 − β₂ᵗ) / (1 − β₁ᵗ)`. An epsilon that others add to the corrected `sqrt(v / (1 − β₂ᵗ))` is
 * the same as `epsilon · sqrt(1 − β₂ᵗ)` added to `sqrt(v)`, so one update serves both placements.
 */
export function adamWStep(t: number, options: AdamWStepOptions): AdamWStep {
  const { learningRate, weightDecay, beta1, beta2 } = options;
  const correction2 = Math.sqrt(1 - beta2 ** t);
  return {
    beta1,
    beta2,
    stepSize: (learningRate * correction2) / (1 - beta1 ** t),
    epsilon: options.epsilonPlacement === "corrected" ? options.epsilon * correction2 : options.epsilon,
    decay: options.weightDecayMode === "lr-scaled" ? learningRate * weightDecay : weightDecay,
  };
}

/**
 * One AdamW step of one variable.
 *
 * `m' = β₁ m + (1 − β₁) g`, `v' = β₂ v + (1 − β₂) g²`,
 * `value' = (1 − decay) · value − stepSize · m' / (sqrt(v') + epsilon)`.
 *
 * @returns Three new tensors owned by the caller; the inputs are not disposed.
 * @see Loshchilov and Hutter 2019, https://arxiv.org/abs/1711.05101
 */
export function adamWUpdate(state: AdamWState, gradient: tf.Tensor, step: AdamWStep): AdamWState {
  return tf.tidy(() => {
    const m = tf.add(tf.mul(state.m, step.beta1), tf.mul(gradient, 1 - step.beta1));
    const v = tf.add(tf.mul(state.v, step.beta2), tf.mul(tf.square(gradient), 1 - step.beta2));
    const change = tf.mul(tf.div(m, tf.add(tf.sqrt(v), step.epsilon)), step.stepSize);
    const kept = step.decay === 0 ? state.value : tf.mul(state.value, 1 - step.decay);
    return { value: tf.sub(kept, change), m, v } as tf.TensorContainerObject;
  }) as unknown as AdamWState;
}
