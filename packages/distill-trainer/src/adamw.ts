import * as tf from "@tensorflow/tfjs-core";
import { type AdamWParameter, type AdamWStepOptions, adamWStep, adamWUpdate } from "./adamw-update.ts";
import { constant, type Schedule } from "./schedule.ts";

/** Options of {@link AdamW}. The defaults are Keras' own AdamW. */
export interface AdamWOptions {
  /** Per optimizer step; a number is constant. */
  readonly learningRate: number | Schedule;
  /** Default 0.004. */
  readonly weightDecay?: number;
  /** Default 0.9. */
  readonly beta1?: number;
  /** Default 0.999. */
  readonly beta2?: number;
  /** Default 1e-7. */
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
  /** What a variable's learning rate is multiplied by, by name; see `layerDecay`. Default: 1 for all. */
  readonly learningRateScale?: (variableName: string) => number;
}

/** The options in which libraries differ. */
export type AdamWSemantics = Required<Pick<AdamWOptions, "epsilon" | "epsilonPlacement" | "weightDecayMode">>;

/**
 * What "AdamW" means in three libraries; spread one into {@link AdamWOptions}.
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

interface Slot {
  m: tf.Tensor;
  v: tf.Tensor;
}

/**
 * Adam with decoupled weight decay, as a tfjs `Optimizer`: for `model.compile`, `optimizer.minimize` and this package.
 *
 * The formulas are those of `adamWUpdate`. Slots are kept by variable name, so the order in which gradients are given
 * does not matter; a variable without a gradient is left alone, decay included.
 *
 * @throws RangeError if a beta is outside [0, 1) or the weight decay is negative.
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
  readonly #schedule: Schedule;
  readonly #options: Omit<AdamWStepOptions, "learningRate">;
  readonly #excluded: (variableName: string) => boolean;
  readonly #scaleOf: (variableName: string) => number;
  readonly #slots = new Map<string, Slot>();

  constructor(options: AdamWOptions) {
    super();
    const { learningRate, weightDecay = 0.004, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7 } = options;
    for (const [name, beta] of Object.entries({ beta1, beta2 })) {
      if (!(beta >= 0 && beta < 1)) throw new RangeError(`AdamW: ${name} must be in [0, 1), got ${beta}`);
    }
    if (!(weightDecay >= 0)) throw new RangeError(`AdamW: weightDecay must be >= 0, got ${weightDecay}`);
    this.#schedule = typeof learningRate === "number" ? constant(learningRate) : learningRate;
    this.#excluded = options.excludeFromDecay ?? (() => false);
    this.#scaleOf = options.learningRateScale ?? (() => 1);
    const { weightDecayMode = "lr-scaled", epsilonPlacement = "uncorrected" } = options;
    this.#options = { weightDecay, beta1, beta2, epsilon, weightDecayMode, epsilonPlacement };
  }

  /** Learning rate of the next step. */
  get learningRate(): number {
    return this.learningRateAt(this.iterations);
  }

  /** Learning rate of the step with this index, counted from 0. */
  learningRateAt(step: number): number {
    return this.#schedule(step);
  }

  /** How a variable is treated, by name. */
  treatmentOf(variableName: string): { readonly decays: boolean; readonly learningRateScale: number } {
    return { decays: !this.#excluded(variableName), learningRateScale: this.#scaleOf(variableName) };
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
    const groups = new Map<number, { variable: tf.Variable; parameter: AdamWParameter }[]>();
    given.forEach(({ name, tensor: gradient }, i) => {
      const variable = variables[i]!;
      const { decays, learningRateScale: scale } = this.treatmentOf(name);
      const parameter = { value: variable, ...this.#slot(name, variable), gradient, decays };
      if (!groups.has(scale)) groups.set(scale, []);
      groups.get(scale)!.push({ variable, parameter });
    });
    for (const [scale, group] of groups) {
      const learningRate = this.learningRate * scale;
      const step = adamWStep(this.iterations + 1, { ...this.#options, learningRate });
      const parameters = group.map(({ parameter }) => parameter);
      adamWUpdate(parameters, step).forEach((next, i) => {
        const { variable } = group[i]!;
        variable.assign(next.value);
        next.value.dispose();
        this.#keep(variable.name, next);
      });
    }
    this.incrementIterations();
  }

  /** @returns The step count, then every variable's two moments; the tensors stay the optimizer's. */
  override async getWeights(): Promise<{ name: string; tensor: tf.Tensor }[]> {
    const slots = [...this.#slots].flatMap(([name, { m, v }]) => [
      { name: `${name}/m`, tensor: m },
      { name: `${name}/v`, tensor: v },
    ]);
    return [await this.saveIterations(), ...slots];
  }

  /** Takes over what {@link getWeights} returned, copied. Slots of other variables are dropped. */
  override async setWeights(weights: { name: string; tensor: tf.Tensor }[]): Promise<void> {
    const moments = await this.extractIterations(weights);
    this.#disposeSlots();
    for (let i = 0; i < moments.length; i += 2) {
      const [m, v] = [moments[i]!, moments[i + 1]!];
      this.#keep(m.name.replace(/\/m$/, ""), { m: tf.clone(m.tensor), v: tf.clone(v.tensor) });
    }
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...this.#options, learningRate: this.learningRate };
  }

  /** Frees the moments. */
  override dispose(): void {
    this.#disposeSlots();
  }

  #slot(name: string, variable: tf.Variable): Slot {
    if (!this.#slots.has(name)) this.#keep(name, { m: tf.zerosLike(variable), v: tf.zerosLike(variable) });
    return this.#slots.get(name)!;
  }

  #keep(name: string, { m, v }: Slot): void {
    const old = this.#slots.get(name);
    if (old !== undefined) tf.dispose([old.m, old.v]);
    this.#slots.set(name, { m: tf.keep(m), v: tf.keep(v) });
  }

  #disposeSlots(): void {
    for (const { m, v } of this.#slots.values()) tf.dispose([m, v]);
    this.#slots.clear();
  }
}
