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
import {
  ADAMW_STEP_CHECKS,
  type AdamWState,
  type AdamWStepOptions,
  adamWStep,
  adamWUpdate,
  recordedAdamWUpdate,
} from "./adamw-update.ts";

/** Options of {@link AdamW}. The defaults are Keras' own AdamW. */
export interface AdamWOptions extends ScheduledOptions {
  /** Weight decay. Default 0.004. */
  readonly weightDecay?: number;
  /** Decay rate of the first moment. Default 0.9. */
  readonly beta1?: number;
  /** Decay rate of the second moment. Default 0.999. */
  readonly beta2?: number;
  /** Constant added to the denominator. Default 1e-7. */
  readonly epsilon?: number;
  /**
   * `"lr-scaled"` takes `learningRate · weightDecay` of a variable per step, `"absolute"` takes `weightDecay`.
   * Default `"lr-scaled"`.
   */
  readonly weightDecayMode?: "absolute" | "lr-scaled";
  /** Whether epsilon is added to `sqrt(v)` before its bias correction or after. Default `"uncorrected"`. */
  readonly epsilonPlacement?: "uncorrected" | "corrected";
}

/** The options in which libraries differ. */
export type AdamWSemantics = Required<Pick<AdamWOptions, "epsilon" | "epsilonPlacement" | "weightDecayMode">>;

/**
 * Settings of "AdamW" in three libraries; spread one into {@link AdamWOptions}.
 *
 * - `tfa`: TensorFlow Addons, used by the Keras example: the decay is **not** multiplied by the learning rate.
 * - `keras`: Keras' built-in AdamW.
 * - `torch`: PyTorch's, hence timm's and DeiT's.
 */
export const ADAMW_SEMANTICS: Readonly<Record<"keras" | "tfa" | "torch", AdamWSemantics>> = {
  tfa: { weightDecayMode: "absolute", epsilonPlacement: "uncorrected", epsilon: 1e-7 },
  keras: { weightDecayMode: "lr-scaled", epsilonPlacement: "uncorrected", epsilon: 1e-7 },
  torch: { weightDecayMode: "lr-scaled", epsilonPlacement: "corrected", epsilon: 1e-8 },
};

const STEP = ADAMW_STEP_CHECKS;
const CHECKS: Checks<AdamWOptions> = {
  ...SCHEDULED_CHECKS,
  weightDecay: optional(STEP.weightDecay),
  beta1: optional(STEP.beta1),
  beta2: optional(STEP.beta2),
  epsilon: optional(STEP.epsilon),
  weightDecayMode: optional(STEP.weightDecayMode),
  epsilonPlacement: optional(STEP.epsilonPlacement),
};

/**
 * Adam with decoupled weight decay, as a tfjs `Optimizer`: for `model.compile`, `optimizer.minimize` and this package.
 *
 * The formulas are those of `adamWUpdate`. Slots are kept by variable name, so the order in which gradients are given
 * does not matter; a variable without a gradient is left alone, decay included.
 *
 * The class is registered with tfjs: a model compiled with it can be saved with `includeOptimizer: true`, and continues
 * training to the same bits once `tf.loadLayersModel` has loaded it. Functions cannot be saved: see `getConfig`.
 *
 * @throws TypeError for an unknown option. RangeError if one is out of range, or while stepping if the schedule gives a
 * learning rate that is negative or not finite: no variable has changed then.
 * @see Loshchilov and Hutter 2019, https://arxiv.org/abs/1711.05101
 *
 * @example
 * const optimizer = new AdamW({ ...ADAMW_SEMANTICS.tfa, learningRate: 2.5e-4, weightDecay: 1e-4 });
 * const w = tf.variable(tf.tensor1d([1]));
 * optimizer.minimize(() => tf.sum(tf.square(w)), false, [w]);
 * console.log(w.dataSync()[0] < 1); // true
 */
export class AdamW extends ScheduledOptimizer<"m" | "v"> {
  static readonly className = "AdamW";
  readonly #options: Omit<AdamWStepOptions, "learningRate">;

  constructor(options: AdamWOptions) {
    requireOptions("AdamW", options, CHECKS);
    const { weightDecay = 0.004, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7 } = options;
    const { weightDecayMode = "lr-scaled", epsilonPlacement = "uncorrected" } = options;
    const own = { weightDecay, beta1, beta2, epsilon, weightDecayMode, epsilonPlacement };
    super(options, own, ["m", "v"]);
    this.#options = own;
  }

  /** One call of the kernel for all variables of one learning rate. */
  protected override next(
    parameters: readonly Parameter<"m" | "v">[],
    t: number,
  ): readonly NextState<"m" | "v">[] {
    return groupedBy(
      parameters,
      ({ learningRate }) => learningRate,
      (group, learningRate) => adamWUpdate(group, adamWStep(t, { ...this.#options, learningRate })),
    );
  }

  protected override nextRecorded(
    parameters: readonly Parameter<"m" | "v">[],
    now: () => StepNow,
  ): readonly NextState<"m" | "v">[] {
    // Not by rates, which are all 0 in the first step of a warmup.
    return groupedBy(
      parameters,
      ({ learningRateScale }) => learningRateScale,
      (group, scale) =>
        recordedAdamWUpdate(group, () => {
          const { t, learningRate } = now();
          return adamWStep(t, { ...this.#options, learningRate: learningRate * scale });
        }),
    );
  }
}

/** Updates groups of parameters with equal keys, each at once. */
function groupedBy(
  parameters: readonly Parameter<"m" | "v">[],
  keyOf: (parameter: Parameter<"m" | "v">) => number,
  update: (group: readonly Parameter<"m" | "v">[], key: number) => readonly AdamWState[],
): readonly NextState<"m" | "v">[] {
  const states = new Map<Parameter<"m" | "v">, NextState<"m" | "v">>();
  for (const key of new Set(parameters.map(keyOf))) {
    const group = parameters.filter((parameter) => keyOf(parameter) === key);
    update(group, key).forEach((state, i) => {
      states.set(group[i]!, state);
    });
  }
  return parameters.map((parameter) => states.get(parameter)!);
}

tf.serialization.registerClass(AdamW); // for tf.loadLayersModel
