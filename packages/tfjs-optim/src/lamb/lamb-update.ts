import * as tf from "@tensorflow/tfjs-core";
import { stepRecorder } from "kernel-contract";
import {
  atLeast,
  BOOLEAN,
  type Checks,
  COUNT,
  check,
  LIST,
  POSITIVE,
  RATE,
  requireArguments,
  requireOptions,
} from "known-options";
import {
  type AdamWParameter,
  type AdamWState,
  type AdamWStep,
  adamWUpdate,
  recordedAdamWUpdate,
} from "../adamw/adamw-update.ts";
import { globalNorm, squaredNorms } from "../gradient-transform.ts";

/** A variable's state, its gradient, its learning rate, and whether it decays in this step. */
export interface LambParameter extends AdamWState {
  readonly gradient: tf.Tensor;
  readonly learningRate: number;
  readonly decays: boolean;
}

/** Options of {@link lambUpdate}, named as timm's. */
export interface LambStepOptions {
  readonly weightDecay: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly biasCorrection: boolean;
  readonly gradAveraging: boolean;
  readonly maxGradNorm: number | null;
  readonly trustClip: boolean;
  readonly alwaysAdapt: boolean;
  readonly decoupledDecay: boolean;
}

/** Checks of {@link LambStepOptions}. */
export const LAMB_STEP_CHECKS: Checks<LambStepOptions> = {
  weightDecay: atLeast(0),
  beta1: RATE,
  beta2: RATE,
  epsilon: atLeast(0),
  biasCorrection: BOOLEAN,
  gradAveraging: BOOLEAN,
  maxGradNorm: check("a finite number > 0 or null", (value) => value === null || POSITIVE.fits(value)),
  trustClip: BOOLEAN,
  alwaysAdapt: BOOLEAN,
  decoupledDecay: BOOLEAN,
};

/**
 * Step `t` (from 1) of LAMB for any number of variables.
 *
 * `g = gradient / max(1, ‖all gradients‖ / maxGradNorm)`, `m' = β₁ m + (1 − β₁) g`, `v' = β₂ v + (1 − β₂) g²`,
 * `u = m̂ / (sqrt(v̂) + epsilon) + weightDecay · value` with bias-corrected `m̂` and `v̂`,
 * `value' = value − learningRate · ratio · u`, where `ratio = ‖value‖ / ‖u‖`, and 1 where a norm is 0.
 *
 * A variable that does not decay gets a ratio of 1 too, unless `alwaysAdapt`.
 *
 * @param parameters - Values and gradients are not disposed. The moments are given away: dispose them after the call and
 * do not read them; tensors that share their data (clones) keep it.
 * @returns The new states in the same order: new tensors owned by the caller.
 * @throws TypeError for an unknown option. RangeError if one, or `t`, is out of range.
 * @see You et al. 2019, https://arxiv.org/abs/1904.00962; timm's `Lamb`
 */
export function lambUpdate(
  parameters: readonly LambParameter[],
  t: number,
  options: LambStepOptions,
): AdamWState[] {
  requireOptions("lambUpdate", options, LAMB_STEP_CHECKS);
  requireArguments("lambUpdate", { parameters }, { parameters: LIST });
  if (!COUNT.fits(t)) throw new RangeError(`lambUpdate: t must be ${COUNT.expected}, got ${t}`);
  const divisor = clipDivisor(parameters, options.maxGradNorm);
  const states = parameters.map((parameter) => {
    const { learningRate, decays } = parameter;
    return updated(parameter, options, divisor, {
      rate: learningRate,
      keep: decays && options.decoupledDecay ? 1 - learningRate * options.weightDecay : 1,
      adam: (state) => adamWUpdate(state, directionStep(t, options)),
    });
  });
  divisor?.dispose();
  return states;
}

/**
 * {@link lambUpdate} in a step that is being recorded: `now` returns the step of the present run, and `rateOf` a variable's rate in it.
 */
export function recordedLambUpdate<P extends Omit<LambParameter, "learningRate">>(
  parameters: readonly P[],
  now: () => number,
  rateOf: (parameter: P) => number,
  options: LambStepOptions,
): AdamWState[] {
  const recorder = stepRecorder()!;
  const divisor = clipDivisor(parameters, options.maxGradNorm);
  const states = parameters.map((parameter) =>
    updated(parameter, options, divisor, {
      rate: recorder.number(() => rateOf(parameter)),
      keep: parameter.decays ? recorder.number(() => 1 - rateOf(parameter) * options.weightDecay) : 1,
      adam: (state) => recordedAdamWUpdate(state, () => directionStep(now(), options)),
    }),
  );
  divisor?.dispose();
  return states;
}

/** What all gradients are divided by, a scalar ≥ 1; `undefined`: nothing. */
function clipDivisor(
  parameters: readonly Pick<LambParameter, "gradient">[],
  maxGradNorm: number | null,
): tf.Tensor | undefined {
  if (maxGradNorm === null || parameters.length === 0) return undefined;
  const gradients = Object.fromEntries(parameters.map(({ gradient }, i) => [i, gradient]));
  return tf.tidy(() => tf.maximum(1, tf.div(globalNorm(gradients), maxGradNorm)));
}

/**
 * The step of Adam that gives the direction, from a value of 0. Gradients that are summed instead of averaged make `m` larger by
 * 1 / (1 − β₁).
 */
function directionStep(
  t: number,
  { beta1, beta2, epsilon, biasCorrection, gradAveraging }: LambStepOptions,
): AdamWStep {
  const correction1 = biasCorrection ? 1 - beta1 ** t : 1;
  const correction2 = biasCorrection ? Math.sqrt(1 - beta2 ** t) : 1;
  return {
    ...{ beta1, beta2, decay: 0 },
    stepSize: -correction2 / correction1 / (gradAveraging ? 1 : 1 - beta1),
    epsilon: epsilon * correction2,
  };
}

/** What differs from step to step: numbers on the host, or scalars of a recorded step. */
interface StepNumbers {
  readonly rate: number | tf.Scalar;
  /** Factor of the value where the decay is decoupled. */
  readonly keep: number | tf.Scalar;
  readonly adam: (parameters: readonly AdamWParameter[]) => AdamWState[];
}

function updated(
  { value, m, v, gradient, decays }: Omit<LambParameter, "learningRate">,
  options: LambStepOptions,
  divisor: tf.Tensor | undefined,
  { rate, keep, adam }: StepNumbers,
): AdamWState {
  const { trustClip, alwaysAdapt, decoupledDecay } = options;
  const weightDecay = decays ? options.weightDecay : 0;
  return tf.tidy(() => {
    const clipped = divisor === undefined ? gradient : tf.div(gradient, divisor);
    const [next] = adam([{ value: tf.zerosLike(value), m, v, gradient: clipped, decays: false }]);
    const direction = next!.value;
    const isDecoupled = decoupledDecay && weightDecay !== 0;
    const kept = isDecoupled ? tf.mul(value, keep) : value;
    const isAdded = !decoupledDecay && weightDecay !== 0;
    const update = isAdded ? tf.add(direction, tf.mul(value, weightDecay)) : direction;
    const isAdapted = weightDecay !== 0 || alwaysAdapt;
    const factor = isAdapted ? tf.mul(trustRatio(kept, update, trustClip), rate) : rate;
    return {
      value: tf.sub(kept, tf.mul(update, factor)),
      m: next!.m,
      v: next!.v,
    } as tf.TensorContainerObject;
  }) as unknown as AdamWState;
}

/** The norm of a variable over that of its update, a scalar; 1 where one of them is 0. */
function trustRatio(value: tf.Tensor, update: tf.Tensor, clip: boolean): tf.Tensor {
  const [ofValue, ofUpdate] = tf.unstack(tf.sqrt(squaredNorms([value, update])));
  const isPositive = tf.logicalAnd(tf.greater(ofValue!, 0), tf.greater(ofUpdate!, 0));
  const one = tf.onesLike(ofValue!);
  const ratio = tf.where(isPositive, tf.div(ofValue!, tf.where(isPositive, ofUpdate!, one)), one);
  return clip ? tf.minimum(ratio, 1) : ratio;
}
