import * as tf from "@tensorflow/tfjs-core";
import { type AdamWNumbers, hasKernel, runKernel, stepRecorder } from "kernel-contract";
import {
  atLeast,
  type Checks,
  COUNT,
  LIST,
  OBJECT,
  oneOf,
  RATE,
  requireArguments,
  requireOptions,
} from "known-options";

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

/** A variable's state, its gradient, and whether it decays in this step. */
export interface AdamWParameter extends AdamWState {
  readonly gradient: tf.Tensor;
  readonly decays: boolean;
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

/** Checks of {@link AdamWStepOptions}. */
export const ADAMW_STEP_CHECKS: Checks<AdamWStepOptions> = {
  learningRate: atLeast(0),
  weightDecay: atLeast(0),
  beta1: RATE,
  beta2: RATE,
  epsilon: atLeast(0),
  weightDecayMode: oneOf("absolute", "lr-scaled"),
  epsilonPlacement: oneOf("uncorrected", "corrected"),
};

/**
 * The numbers of step `t` (from 1).
 *
 * `stepSize = lr · sqrt(1 − β₂ᵗ) / (1 − β₁ᵗ)`. An epsilon that others add to the corrected `sqrt(v / (1 − β₂ᵗ))` is
 * the same as `epsilon · sqrt(1 − β₂ᵗ)` added to `sqrt(v)`, so one update serves both placements.
 *
 * @throws TypeError for an unknown option. RangeError if one, or `t`, is out of range.
 */
export function adamWStep(t: number, options: AdamWStepOptions): AdamWStep {
  requireOptions("adamWStep", options, ADAMW_STEP_CHECKS);
  if (!COUNT.fits(t)) throw new RangeError(`adamWStep: t must be ${COUNT.expected}, got ${t}`);
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
 * One AdamW step of any number of variables.
 *
 * `m' = β₁ m + (1 − β₁) g`, `v' = β₂ v + (1 − β₂) g²`,
 * `value' = (1 − decay) · value − stepSize · m' / (sqrt(v') + epsilon)`.
 *
 * Runs the kernel `AdamWUpdate` once for all of them where the backend has it, to the same bits.
 *
 * @param parameters - Values and gradients are not disposed. The moments are given away: dispose them after the call and
 * do not read them; tensors that share their data (clones) keep it.
 * @returns The new states in the same order: new tensors owned by the caller.
 * @see Loshchilov and Hutter 2019, https://arxiv.org/abs/1711.05101
 */
export function adamWUpdate(parameters: readonly AdamWParameter[], step: AdamWStep): AdamWState[] {
  requireArguments("adamWUpdate", { parameters, step }, { parameters: LIST, step: OBJECT });
  if (hasKernel("AdamWUpdate")) return withKernel(parameters, step);
  return parameters.map((parameter) => composite(parameter, step));
}

/**
 * {@link adamWUpdate} in a step that is being recorded: `stepNow` computes the numbers of each run. beta1 and beta2 stay.
 *
 * @throws Error if the backend has no kernel `AdamWUpdate`.
 */
export function recordedAdamWUpdate(
  parameters: readonly AdamWParameter[],
  stepNow: () => AdamWStep,
): AdamWState[] {
  const recorder = stepRecorder();
  if (recorder === undefined || !hasKernel("AdamWUpdate")) {
    throw new Error("AdamW: a recorded step needs the kernel AdamWUpdate, and the backend has none");
  }
  let numbers = numbersOf(parameters, stepNow());
  recorder.beforeRun(() => {
    numbers = numbersOf(parameters, stepNow());
  });
  return withKernel(parameters, stepNow(), () => numbers);
}

function numbersOf(parameters: readonly AdamWParameter[], step: AdamWStep): AdamWNumbers {
  const { stepSize, epsilon } = step;
  return { stepSize, epsilon, decays: parameters.map(({ decays }) => (decays ? step.decay : 0)) };
}

function withKernel(
  parameters: readonly AdamWParameter[],
  step: AdamWStep,
  now?: () => AdamWNumbers,
): AdamWState[] {
  const { beta1, beta2 } = step;
  const tensors = parameters.flatMap(({ value, m, v, gradient }) => [value, m, v, gradient]);
  const attributes = { beta1, beta2, ...numbersOf(parameters, step), ...(now && { now }) };
  const next = runKernel("AdamWUpdate", tensors, attributes);
  return parameters.map((_, i) => ({ value: next[3 * i]!, m: next[3 * i + 1]!, v: next[3 * i + 2]! }));
}

function composite({ value, m, v, gradient, decays }: AdamWParameter, step: AdamWStep): AdamWState {
  const decay = decays ? step.decay : 0;
  return tf.tidy(() => {
    const m2 = tf.add(tf.mul(m, step.beta1), tf.mul(gradient, 1 - step.beta1));
    const v2 = tf.add(tf.mul(v, step.beta2), tf.mul(tf.square(gradient), 1 - step.beta2));
    const change = tf.mul(tf.div(m2, tf.add(tf.sqrt(v2), step.epsilon)), step.stepSize);
    const kept = decay === 0 ? value : tf.mul(value, 1 - decay);
    return { value: tf.sub(kept, change), m: m2, v: v2 } as tf.TensorContainerObject;
  }) as unknown as AdamWState;
}
