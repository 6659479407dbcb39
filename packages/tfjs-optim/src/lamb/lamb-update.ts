import * as tf from "@tensorflow/tfjs-core";
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
import { type AdamWState, adamWUpdate } from "../adamw/adamw-update.ts";
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
  const states = parameters.map((parameter) => updated(parameter, t, options, divisor));
  divisor?.dispose();
  return states;
}

/** What all gradients are divided by, a scalar ≥ 1; `undefined`: nothing. */
function clipDivisor(
  parameters: readonly LambParameter[],
  maxGradNorm: number | null,
): tf.Tensor | undefined {
  if (maxGradNorm === null || parameters.length === 0) return undefined;
  const gradients = Object.fromEntries(parameters.map(({ gradient }, i) => [i, gradient]));
  return tf.tidy(() => tf.maximum(1, tf.div(globalNorm(gradients), maxGradNorm)));
}

function updated(
  { value, m, v, gradient, learningRate, decays }: LambParameter,
  t: number,
  options: LambStepOptions,
  divisor: tf.Tensor | undefined,
): AdamWState {
  const { beta1, beta2, gradAveraging, trustClip, alwaysAdapt, decoupledDecay } = options;
  const weightDecay = decays ? options.weightDecay : 0;
  const correction1 = options.biasCorrection ? 1 - beta1 ** t : 1;
  const correction2 = options.biasCorrection ? Math.sqrt(1 - beta2 ** t) : 1;
  return tf.tidy(() => {
    // A step of Adam from 0 is the direction. Gradients that are summed instead of averaged make `m` larger by 1 / (1 − β₁).
    const [adam] = adamWUpdate(
      [
        {
          ...{ value: tf.zerosLike(value), m, v },
          gradient: divisor === undefined ? gradient : tf.div(gradient, divisor),
          decays: false,
        },
      ],
      {
        ...{ beta1, beta2, decay: 0 },
        stepSize: -correction2 / correction1 / (gradAveraging ? 1 : 1 - beta1),
        epsilon: options.epsilon * correction2,
      },
    );
    const direction = adam!.value;
    const isDecoupled = decoupledDecay && weightDecay !== 0;
    const kept = isDecoupled ? tf.mul(value, 1 - learningRate * weightDecay) : value;
    const isAdded = !decoupledDecay && weightDecay !== 0;
    const update = isAdded ? tf.add(direction, tf.mul(value, weightDecay)) : direction;
    const isAdapted = weightDecay !== 0 || alwaysAdapt;
    const rate = isAdapted ? tf.mul(trustRatio(kept, update, trustClip), learningRate) : learningRate;
    return { value: tf.sub(kept, tf.mul(update, rate)), m: adam!.m, v: adam!.v } as tf.TensorContainerObject;
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
