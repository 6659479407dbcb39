import * as tf from "@tensorflow/tfjs-core";
import { stepRecorder } from "kernel-contract";
import { atLeast, type Checks, LIST, RATE, requireArguments, requireOptions } from "known-options";

/** A variable's value and its moment. */
export interface LionState {
  readonly value: tf.Tensor;
  readonly m: tf.Tensor;
}

/** A variable's state, its gradient, its learning rate, and whether it decays in this step. */
export interface LionParameter extends LionState {
  readonly gradient: tf.Tensor;
  readonly learningRate: number;
  readonly decays: boolean;
}

/** Options of {@link lionUpdate}. */
export interface LionStepOptions {
  readonly weightDecay: number;
  readonly beta1: number;
  readonly beta2: number;
}

/** Checks of {@link LionStepOptions}. */
export const LION_STEP_CHECKS: Checks<LionStepOptions> = {
  weightDecay: atLeast(0),
  beta1: RATE,
  beta2: RATE,
};

/**
 * One step of Lion for any number of variables.
 *
 * `value' = (1 − learningRate · weightDecay) · value − learningRate · sign(β₁ m + (1 − β₁) g)`, `m' = β₂ m + (1 − β₂) g`.
 *
 * @param parameters - Nothing of them is disposed.
 * @returns The new states in the same order: new tensors owned by the caller.
 * @throws TypeError for an unknown option. RangeError if one is out of range.
 * @see Chen et al. 2023, https://arxiv.org/abs/2302.06675; timm's `Lion`
 */
export function lionUpdate(parameters: readonly LionParameter[], options: LionStepOptions): LionState[] {
  const { weightDecay } = requireOptions("lionUpdate", options, LION_STEP_CHECKS);
  requireArguments("lionUpdate", { parameters }, { parameters: LIST });
  return parameters.map((parameter) => {
    const { learningRate, decays } = parameter;
    const decay = decays ? learningRate * weightDecay : 0;
    return updated(parameter, options, { rate: learningRate, keep: decay === 0 ? undefined : 1 - decay });
  });
}

/** {@link lionUpdate} in a step that is being recorded: `rateOf` returns a variable's rate in the present run. */
export function recordedLionUpdate<P extends Omit<LionParameter, "learningRate">>(
  parameters: readonly P[],
  rateOf: (parameter: P) => number,
  options: LionStepOptions,
): LionState[] {
  const recorder = stepRecorder()!;
  return parameters.map((parameter) =>
    updated(parameter, options, {
      rate: recorder.number(() => rateOf(parameter)),
      keep:
        parameter.decays && options.weightDecay !== 0
          ? recorder.number(() => 1 - rateOf(parameter) * options.weightDecay)
          : undefined,
    }),
  );
}

/** Numbers of one variable's step: on the host, or scalars of a recorded step. */
interface StepNumbers {
  readonly rate: number | tf.Scalar;
  /** Factor of the value; none: it does not decay. */
  readonly keep: number | tf.Scalar | undefined;
}

function updated(
  { value, m, gradient }: Pick<LionParameter, "value" | "m" | "gradient">,
  { beta1, beta2 }: LionStepOptions,
  { rate, keep }: StepNumbers,
): LionState {
  return tf.tidy(() => {
    const kept = keep === undefined ? value : tf.mul(value, keep);
    const step = tf.mul(signOf(towards(m, gradient, beta1)), rate);
    return { value: tf.sub(kept, step), m: towards(m, gradient, beta2) } as tf.TensorContainerObject;
  }) as unknown as LionState;
}

/** `keep · m + (1 − keep) · g`, as PyTorch's `lerp`, which is exactly 0 for `m` and `g` of 0. */
function towards(m: tf.Tensor, g: tf.Tensor, keep: number): tf.Tensor {
  return tf.add(m, tf.mul(tf.sub(g, m), 1 - keep));
}

/** −1, 0 or 1. tfjs' own `sign` gives 0 below 1e-6 on its WASM backend. */
function signOf(x: tf.Tensor): tf.Tensor {
  return tf.divNoNan(x, tf.abs(x));
}
