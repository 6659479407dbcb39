import * as tf from "@tensorflow/tfjs-core";
import { type Checks, either, FUNCTION, optional, requireOptions } from "known-options";
import { constant, type Schedule } from "../schedule.ts";
import { AdamWSlots, requireMoments } from "./adamw-slots.ts";
import {
  ADAMW_STEP_CHECKS,
  type AdamWParameter,
  type AdamWStepOptions,
  adamWStep,
  adamWUpdate,
} from "./adamw-update.ts";

/** Options of {@link AdamW}. The defaults are Keras' own AdamW. */
export interface AdamWOptions {
  /** Learning rate, or its schedule by optimizer step, finite and ≥ 0. */
  readonly learningRate: number | Schedule;
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
  /** Variables that do not decay, by name. Default: none. */
  readonly excludeFromDecay?: (variableName: string) => boolean;
  /** Factor of a variable's learning rate, by name; see `layerDecay`. Default: 1 for all. */
  readonly learningRateScale?: (variableName: string) => number;
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
  learningRate: either(STEP.learningRate, FUNCTION),
  weightDecay: optional(STEP.weightDecay),
  beta1: optional(STEP.beta1),
  beta2: optional(STEP.beta2),
  epsilon: optional(STEP.epsilon),
  weightDecayMode: optional(STEP.weightDecayMode),
  epsilonPlacement: optional(STEP.epsilonPlacement),
  excludeFromDecay: optional(FUNCTION),
  learningRateScale: optional(FUNCTION),
};

/** Name of a set learning rate among the weights. */
const RATE_NAME = "learningRate";

/**
 * Adam with decoupled weight decay, as a tfjs `Optimizer`: for `model.compile`, `optimizer.minimize` and this package.
 *
 * The formulas are those of `adamWUpdate`. Slots are kept by variable name, so the order in which gradients are given
 * does not matter; a variable without a gradient is left alone, decay included.
 *
 * The class is registered with tfjs: a model compiled with it can be saved with `includeOptimizer: true`, and continues
 * training to the same bits once `tf.loadLayersModel` has loaded it. Functions cannot be saved: see {@link getConfig}.
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
export class AdamW extends tf.Optimizer {
  static readonly className = "AdamW";
  #schedule: Schedule;
  /** The constant rate, while the rate is one. */
  #constantRate: number | undefined;
  /** Whether it was set after construction, and so belongs to the state. */
  #isRateSet = false;
  /** The set rate as a tensor, once it has been read. */
  #rateTensor: tf.Tensor1D | undefined;
  readonly #options: Omit<AdamWStepOptions, "learningRate">;
  readonly #excluded: ((variableName: string) => boolean) | undefined;
  readonly #scaleOf: ((variableName: string) => number) | undefined;
  readonly #slots = new AdamWSlots();

  constructor(options: AdamWOptions) {
    super();
    requireOptions("AdamW", options, CHECKS);
    const { learningRate, weightDecay = 0.004, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7 } = options;
    this.#schedule = typeof learningRate === "number" ? constant(learningRate) : learningRate;
    this.#constantRate = typeof learningRate === "number" ? learningRate : undefined;
    this.#excluded = options.excludeFromDecay;
    this.#scaleOf = options.learningRateScale;
    const { weightDecayMode = "lr-scaled", epsilonPlacement = "uncorrected" } = options;
    this.#options = { weightDecay, beta1, beta2, epsilon, weightDecayMode, epsilonPlacement };
  }

  /** Learning rate of the next step. */
  get learningRate(): number {
    return this.learningRateAt(this.iterations);
  }

  /**
   * Sets the rate of all steps to come, as with tfjs' own optimizers: a schedule is replaced by this constant. It is part of
   * what {@link getWeights} saves, so a resumed run has it too.
   *
   * @throws RangeError if it is negative or not finite.
   */
  set learningRate(value: number) {
    requireRate("AdamW: learningRate", value);
    this.#schedule = constant(value);
    this.#constantRate = value;
    this.#isRateSet = true;
    this.#rateTensor?.dispose();
    this.#rateTensor = undefined;
  }

  /** Learning rate of the step with this index, counted from 0. */
  learningRateAt(step: number): number {
    return this.#schedule(step);
  }

  /** How a variable is treated, by name. */
  treatmentOf(variableName: string): { readonly decays: boolean; readonly learningRateScale: number } {
    return {
      decays: this.#excluded?.(variableName) !== true,
      learningRateScale: this.#scaleOf?.(variableName) ?? 1,
    };
  }

  override applyGradients(gradients: tf.NamedTensorMap | { name: string; tensor: tf.Tensor }[]): void {
    const named = Array.isArray(gradients)
      ? gradients
      : Object.entries(gradients).map(([name, tensor]) => ({ name, tensor }));
    const given = named.filter(({ tensor }) => tensor !== null && tensor !== undefined);
    const variables = given.map(({ name }) => {
      const variable = tf.engine().registeredVariables[name];
      if (variable === undefined) throw new RangeError(`AdamW: no variable is named '${name}'`);
      return variable;
    });
    const { iterations } = this;
    const rate = this.learningRateAt(iterations);
    requireRate(`AdamW: the learning rate of step ${iterations + 1}`, rate);
    const treatments = given.map(({ name }) => this.treatmentOf(name));
    treatments.forEach(({ learningRateScale }, i) => {
      requireRate(`AdamW: the learning-rate scale of '${given[i]!.name}'`, learningRateScale);
    });
    this.#slots.match(variables);
    const groups = new Map<number, { variable: tf.Variable; parameter: AdamWParameter }[]>();
    given.forEach(({ tensor: gradient }, i) => {
      const variable = variables[i]!;
      const { decays, learningRateScale: scale } = treatments[i]!;
      const parameter = { value: variable, ...this.#slots.of(variable), gradient, decays };
      if (!groups.has(scale)) groups.set(scale, []);
      groups.get(scale)!.push({ variable, parameter });
    });
    for (const [scale, group] of groups) {
      const step = adamWStep(iterations + 1, { ...this.#options, learningRate: rate * scale });
      const parameters = group.map(({ parameter }) => parameter);
      adamWUpdate(parameters, step).forEach((next, i) => {
        const { variable } = group[i]!;
        variable.assign(next.value);
        next.value.dispose();
        this.#slots.keep(variable.name, next);
      });
    }
    this.incrementIterations();
  }

  /**
   * The state: the step count, the learning rate where it was set after construction, then every variable's two moments.
   *
   * @returns Tensors of which all stay the optimizer's but the first, the step count, which is the caller's.
   */
  override async getWeights(): Promise<{ name: string; tensor: tf.Tensor }[]> {
    const rate = this.#isRateSet ? [{ name: RATE_NAME, tensor: this.#keptRate() }] : [];
    return [await this.saveIterations(), ...rate, ...this.#slots.named];
  }

  #keptRate(): tf.Tensor1D {
    this.#rateTensor ??= tf.keep(toBits(this.learningRate));
    return this.#rateTensor;
  }

  /**
   * Takes over what {@link getWeights} returned, copied; moments of before are dropped.
   *
   * @throws RangeError that names the first tensor that is not such a state; nothing has changed then.
   */
  override async setWeights(weights: { name: string; tensor: tf.Tensor }[]): Promise<void> {
    await requireIterations(weights[0]);
    const rate = weights[1]?.name === RATE_NAME ? await fromBits(weights[1].tensor) : undefined;
    const moments = weights.slice(rate === undefined ? 1 : 2);
    await requireMoments(moments);
    await this.extractIterations(weights);
    if (rate !== undefined) this.learningRate = rate;
    this.#slots.restore(moments);
  }

  /**
   * The options as plain data, for tfjs to save and for {@link AdamW.fromConfig}.
   *
   * @throws Error if an option is a function (a schedule, `excludeFromDecay`, `learningRateScale`): a file could not hold it,
   * and what is loaded would train otherwise. Save such a model without its optimizer, or the run by `checkpoint`; a
   * schedule alone ends where `learningRate` is set to a number.
   */
  override getConfig(): tf.serialization.ConfigDict {
    const functions = {
      "a learningRate that is a schedule": this.#constantRate === undefined,
      excludeFromDecay: this.#excluded !== undefined,
      learningRateScale: this.#scaleOf !== undefined,
    };
    const kept = Object.entries(functions).flatMap(([name, isFunction]) => (isFunction ? [name] : []));
    if (kept.length > 0) {
      throw new Error(
        `AdamW.getConfig: options must be plain data to be saved, got functions: ${kept.join(", ")}; save the model without includeOptimizer, or the run by fitDataset's checkpoint`,
      );
    }
    return { ...this.#options, learningRate: this.#constantRate! };
  }

  /** From what {@link getConfig} gives; tfjs adds `customObjects` to it. */
  static override fromConfig<T extends tf.serialization.Serializable>(
    cls: tf.serialization.SerializableConstructor<T>,
    { customObjects: _, ...options }: tf.serialization.ConfigDict,
  ): T {
    return new cls(options);
  }

  /** The options that identify a run, apart from its rate and its functions. */
  get semantics(): Readonly<Record<string, number | string>> {
    return { ...this.#options };
  }

  /** Frees the moments and the set rate's tensor. */
  override dispose(): void {
    this.#rateTensor?.dispose();
    this.#rateTensor = undefined;
    this.#slots.dispose();
  }
}

tf.serialization.registerClass(AdamW); // for tf.loadLayersModel

/** A float64 as the two int32 that it is made of: float32 would not hold it. */
function toBits(value: number): tf.Tensor1D {
  return tf.tensor1d(new Int32Array(Float64Array.of(value).buffer), "int32");
}

async function fromBits(bits: tf.Tensor): Promise<number> {
  const data = (await bits.data()) as Int32Array;
  const isBits = data.length === 2 && bits.dtype === "int32";
  const value = isBits ? new Float64Array(Int32Array.from(data).buffer)[0]! : Number.NaN;
  requireRate(`AdamW.setWeights: '${RATE_NAME}'`, value);
  return value;
}

async function requireIterations(first: { name: string; tensor: tf.Tensor } | undefined): Promise<void> {
  const count = first?.tensor.size === 1 ? (await first.tensor.data())[0]! : Number.NaN;
  if (first?.name !== "iter" || !(Number.isInteger(count) && count >= 0)) {
    throw new RangeError(
      `AdamW.setWeights: the first weight must be 'iter', an integer >= 0, got ${first === undefined ? "none" : `'${first.name}' of ${count}`}`,
    );
  }
}

function requireRate(what: string, rate: number): void {
  if (!(Number.isFinite(rate) && rate >= 0)) {
    throw new RangeError(`${what} must be a finite number >= 0, got ${rate}`);
  }
}
