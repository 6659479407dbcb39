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
import { LION_STEP_CHECKS, type LionStepOptions, lionUpdate, recordedLionUpdate } from "./lion-update.ts";

/** Options of {@link Lion}. The defaults are timm's. */
export interface LionOptions extends ScheduledOptions {
  /** Weight decay, multiplied by the learning rate. Default 0. */
  readonly weightDecay?: number;
  /** Weight of the moment in the step's direction. Default 0.9. */
  readonly beta1?: number;
  /** Decay rate of the moment. Default 0.99. */
  readonly beta2?: number;
}

const CHECKS: Checks<LionOptions> = {
  ...SCHEDULED_CHECKS,
  weightDecay: optional(LION_STEP_CHECKS.weightDecay),
  beta1: optional(LION_STEP_CHECKS.beta1),
  beta2: optional(LION_STEP_CHECKS.beta2),
};

/**
 * Lion as timm has it: steps of one size in the direction of the gradient's sign, with one moment a variable where AdamW has two.
 * Its authors take a third to a tenth of AdamW's learning rate, and three to ten times its weight decay.
 *
 * A gradient that is 0 up to rounding still moves a weight by the whole rate. In a transformer that is the keys' bias, which does not
 * change the output: it alone depends on the size of micro-batches.
 *
 * The formulas are those of `lionUpdate`. A tfjs `Optimizer`, kept, saved and resumed as `AdamW`.
 *
 * @throws TypeError for an unknown option. RangeError if one is out of range, or while stepping if the schedule gives a
 * learning rate that is negative or not finite: no variable has changed then.
 * @see Chen et al. 2023, https://arxiv.org/abs/2302.06675; timm, timm/optim/lion.py
 *
 * @example
 * const optimizer = new Lion({ learningRate: 0.25 });
 * const w = tf.variable(tf.tensor1d([1, -3]));
 * optimizer.minimize(() => tf.sum(tf.square(w)), false, [w]);
 * console.log(w.dataSync()); // [0.75, -2.75]
 */
export class Lion extends ScheduledOptimizer<"m"> {
  static readonly className = "Lion";
  readonly #options: LionStepOptions;

  constructor(options: LionOptions) {
    requireOptions("Lion", options, CHECKS);
    const { weightDecay = 0, beta1 = 0.9, beta2 = 0.99 } = options;
    const own = { weightDecay, beta1, beta2 };
    super(options, own, ["m"]);
    this.#options = own;
  }

  protected override next(parameters: readonly Parameter<"m">[]): readonly NextState<"m">[] {
    return lionUpdate(parameters, this.#options);
  }

  protected override nextRecorded(
    parameters: readonly Parameter<"m">[],
    now: () => StepNow,
  ): readonly NextState<"m">[] {
    const rateOf = (parameter: Parameter<"m">) => now().learningRate * parameter.learningRateScale;
    return recordedLionUpdate(parameters, rateOf, this.#options);
  }
}

tf.serialization.registerClass(Lion); // for tf.loadLayersModel
