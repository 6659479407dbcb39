import * as tf from "@tensorflow/tfjs-core";
import { type Checks, optional, requireOptions } from "known-options";
import {
  type NextState,
  type Parameter,
  SCHEDULED_CHECKS,
  ScheduledOptimizer,
  type ScheduledOptions,
  type StepNow,
} from "../optimizer/scheduled-optimizer.ts";
import { LAMB_STEP_CHECKS, type LambStepOptions, lambUpdate, recordedLambUpdate } from "./lamb-update.ts";

/** Options of {@link Lamb}. The names and defaults are timm's. */
export interface LambOptions extends ScheduledOptions {
  /** Weight decay. Default 0.01. */
  readonly weightDecay?: number;
  /** Decay rate of the first moment. Default 0.9. */
  readonly beta1?: number;
  /** Decay rate of the second moment. Default 0.999. */
  readonly beta2?: number;
  /** Constant added to the denominator, after its bias correction. Default 1e-6. */
  readonly epsilon?: number;
  /** Whether the moments are corrected for their start at 0. Default true. */
  readonly biasCorrection?: boolean;
  /** Whether the first moment averages gradients, with the factor `1 − beta1`, or sums them. Default true. */
  readonly gradAveraging?: boolean;
  /** Highest norm of all gradients together, above which they are scaled down; `null`: any. Default 1. */
  readonly maxGradNorm?: number | null;
  /** Whether the trust ratio is at most 1 (LAMBC). Default false. */
  readonly trustClip?: boolean;
  /** Whether variables that do not decay have a trust ratio too. Default false. */
  readonly alwaysAdapt?: boolean;
  /** Whether variables decay as in AdamW, by `learningRate · weightDecay`, apart from the trust ratio. Default false. */
  readonly decoupledDecay?: boolean;
}

const CHECKS: Checks<LambOptions> = {
  ...SCHEDULED_CHECKS,
  weightDecay: optional(LAMB_STEP_CHECKS.weightDecay),
  beta1: optional(LAMB_STEP_CHECKS.beta1),
  beta2: optional(LAMB_STEP_CHECKS.beta2),
  epsilon: optional(LAMB_STEP_CHECKS.epsilon),
  biasCorrection: optional(LAMB_STEP_CHECKS.biasCorrection),
  gradAveraging: optional(LAMB_STEP_CHECKS.gradAveraging),
  maxGradNorm: optional(LAMB_STEP_CHECKS.maxGradNorm),
  trustClip: optional(LAMB_STEP_CHECKS.trustClip),
  alwaysAdapt: optional(LAMB_STEP_CHECKS.alwaysAdapt),
  decoupledDecay: optional(LAMB_STEP_CHECKS.decoupledDecay),
};

/**
 * LAMB as timm has it: Adam with a learning rate for each variable in proportion to its norm, for large batches. DeiT III trains
 * with it.
 *
 * The formulas are those of `lambUpdate`. A tfjs `Optimizer`, kept, saved and resumed as `AdamW`. It clips gradients itself, to a
 * norm of 1 by default.
 *
 * @throws TypeError for an unknown option. RangeError if one is out of range, or while stepping if the schedule gives a
 * learning rate that is negative or not finite: no variable has changed then.
 * @see You et al. 2019, https://arxiv.org/abs/1904.00962; timm, timm/optim/lamb.py
 *
 * @example
 * const optimizer = new Lamb({ learningRate: 3e-3, weightDecay: 0.02 });
 * const w = tf.variable(tf.tensor1d([1]));
 * optimizer.minimize(() => tf.sum(tf.square(w)), false, [w]);
 * console.log(w.dataSync()[0] < 1); // true
 */
export class Lamb extends ScheduledOptimizer<"m" | "v"> {
  static readonly className = "Lamb";
  readonly #options: LambStepOptions;

  constructor(options: LambOptions) {
    requireOptions("Lamb", options, CHECKS);
    const { weightDecay = 0.01, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-6 } = options;
    const { biasCorrection = true, gradAveraging = true, maxGradNorm = 1 } = options;
    const { trustClip = false, alwaysAdapt = false, decoupledDecay = false } = options;
    const numbers = { weightDecay, beta1, beta2, epsilon, maxGradNorm };
    const own = { ...numbers, biasCorrection, gradAveraging, trustClip, alwaysAdapt, decoupledDecay };
    super(options, own, ["m", "v"]);
    this.#options = own;
  }

  protected override next(
    parameters: readonly Parameter<"m" | "v">[],
    t: number,
  ): readonly NextState<"m" | "v">[] {
    return lambUpdate(parameters, t, this.#options);
  }

  protected override nextRecorded(
    parameters: readonly Parameter<"m" | "v">[],
    now: () => StepNow,
  ): readonly NextState<"m" | "v">[] {
    const rateOf = (parameter: Parameter<"m" | "v">) => now().learningRate * parameter.learningRateScale;
    return recordedLambUpdate(parameters, () => now().t, rateOf, this.#options);
  }
}

tf.serialization.registerClass(Lamb); // for tf.loadLayersModel
