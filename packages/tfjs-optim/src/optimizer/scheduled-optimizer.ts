import * as tf from "@tensorflow/tfjs-core";
import { type StepRecorder, stepRecorder } from "kernel-contract";
import { atLeast, type Checks, either, FUNCTION, optional } from "known-options";
import { constant, type Schedule } from "../schedule.ts";
import { type Moment, type Slot, Slots } from "./slots.ts";

/** Options that all optimizers of this package have. */
export interface ScheduledOptions {
  /** Learning rate, or its schedule by optimizer step, finite and ≥ 0. */
  readonly learningRate: number | Schedule;
  /** Variables that do not decay, by name. Default: none. */
  readonly excludeFromDecay?: (variableName: string) => boolean;
  /** Factor of a variable's learning rate, by name; see `layerDecay`. Default: 1 for all. */
  readonly learningRateScale?: (variableName: string) => number;
}

/** Checks of {@link ScheduledOptions}. */
export const SCHEDULED_CHECKS: Checks<ScheduledOptions> = {
  learningRate: either(atLeast(0), FUNCTION),
  excludeFromDecay: optional(FUNCTION),
  learningRateScale: optional(FUNCTION),
};

/** A variable with all that its step needs. */
export type Parameter<M extends Moment> = {
  readonly value: tf.Variable;
  readonly gradient: tf.Tensor;
  readonly decays: boolean;
  readonly learningRate: number;
  /** What the optimizer's rate was multiplied by. */
  readonly learningRateScale: number;
} & Slot<M>;

/** A step, from 1, and the optimizer's learning rate in it. */
export interface StepNow {
  readonly t: number;
  readonly learningRate: number;
}

/** A variable's next value and moments: new tensors. */
export type NextState<M extends Moment> = { readonly value: tf.Tensor } & Slot<M>;

/** Options apart from rates and functions, as plain data. */
type Plain = Readonly<Record<string, number | string | boolean | null>>;

/** Name of a set learning rate among the weights. */
const RATE_NAME = "learningRate";

/**
 * What `AdamW`, `Lamb` and `Lion` share: a tfjs `Optimizer` with a schedule, moments by variable name, decay and rate by
 * variable, and a state that resumes exactly. A subclass has the formulas.
 */
export abstract class ScheduledOptimizer<M extends Moment = Moment> extends tf.Optimizer {
  readonly #name: string;
  #schedule: Schedule;
  /** The constant rate, while the rate is one. */
  #constantRate: number | undefined;
  /** Whether it was set after construction, and so belongs to the state. */
  #isRateSet = false;
  /** The set rate as a tensor, once it has been read. */
  #rateTensor: tf.Tensor1D | undefined;
  readonly #plain: Plain;
  readonly #excluded: ((variableName: string) => boolean) | undefined;
  readonly #scaleOf: ((variableName: string) => number) | undefined;
  readonly #slots: Slots<M>;
  readonly #recordedSteps = new WeakMap<StepRecorder, number>();

  /** @param options - Checked by the subclass. @param plain - The other options. */
  protected constructor(options: ScheduledOptions, plain: Plain, moments: readonly M[]) {
    super();
    const { learningRate } = options;
    this.#name = this.getClassName();
    this.#schedule = typeof learningRate === "number" ? constant(learningRate) : learningRate;
    this.#constantRate = typeof learningRate === "number" ? learningRate : undefined;
    this.#plain = plain;
    this.#excluded = options.excludeFromDecay;
    this.#scaleOf = options.learningRateScale;
    this.#slots = new Slots(this.#name, moments);
  }

  /**
   * The next states of all variables that have a gradient, in the same order; the moments are given away.
   *
   * @param t - Step, from 1.
   */
  protected abstract next(parameters: readonly Parameter<M>[], t: number): readonly NextState<M>[];

  /**
   * The same in a step that is being recorded to run again; `now` returns the step and the optimizer's learning rate of the present run.
   */
  protected abstract nextRecorded(
    parameters: readonly Parameter<M>[],
    now: () => StepNow,
  ): readonly NextState<M>[];

  /** Its steps can be recorded to run again: what changes from step to step is computed for each. */
  get isRecordable(): true {
    return true;
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
    requireRate(`${this.#name}: learningRate`, value);
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
      if (variable === undefined) throw new RangeError(`${this.#name}: no variable is named '${name}'`);
      return variable;
    });
    const { iterations } = this;
    const rate = this.#nextRate();
    const treatments = given.map(({ name }) => this.treatmentOf(name));
    treatments.forEach(({ learningRateScale }, i) => {
      requireRate(`${this.#name}: the learning-rate scale of '${given[i]!.name}'`, learningRateScale);
    });
    this.#slots.match(variables);
    const recorder = stepRecorder();
    if (recorder !== undefined) this.#slots.record(recorder, variables);
    const before = recorder === undefined ? 0 : this.#countRecorded(recorder);
    const parameters = given.map(({ tensor: gradient }, i) => {
      const value = variables[i]!;
      const { decays, learningRateScale } = treatments[i]!;
      const learningRate = rate * learningRateScale;
      return { value, gradient, decays, learningRate, learningRateScale, ...this.#slots.of(value) };
    });
    const states =
      recorder === undefined
        ? this.next(parameters, iterations + 1)
        : this.nextRecorded(parameters, () => ({
            t: this.iterations + before + 1,
            learningRate: this.#nextRate(before),
          }));
    states.forEach((next, i) => {
      const variable = variables[i]!;
      variable.assign(next.value);
      next.value.dispose();
      this.#slots.keep(variable.name, next);
    });
    if (recorder === undefined) this.incrementIterations();
    else recorder.afterRun(() => this.incrementIterations());
  }

  /** Counts the steps of a recording. Returns those before: the count of all is of before the recording's first. */
  #countRecorded(recorder: StepRecorder): number {
    const before = this.#recordedSteps.get(recorder) ?? 0;
    this.#recordedSteps.set(recorder, before + 1);
    return before;
  }

  /** @param later - Steps in between. */
  #nextRate(later = 0): number {
    const iterations = this.iterations + later;
    const rate = this.learningRateAt(iterations);
    requireRate(`${this.#name}: the learning rate of step ${iterations + 1}`, rate);
    return rate;
  }

  /**
   * The state: the step count, the learning rate where it was set after construction, then every variable's moments.
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
    await requireIterations(`${this.#name}.setWeights`, weights[0]);
    const rate =
      weights[1]?.name === RATE_NAME
        ? await fromBits(`${this.#name}.setWeights`, weights[1].tensor)
        : undefined;
    const moments = weights.slice(rate === undefined ? 1 : 2);
    await this.#slots.require(moments);
    await this.extractIterations(weights);
    if (rate !== undefined) this.learningRate = rate;
    this.#slots.restore(moments);
  }

  /**
   * The options as plain data, for tfjs to save and for `fromConfig`.
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
        `${this.#name}.getConfig: options must be plain data to be saved, got functions: ${kept.join(", ")}; save the model without includeOptimizer, or the run by fitDataset's checkpoint`,
      );
    }
    return { ...this.#plain, learningRate: this.#constantRate! };
  }

  /** From what {@link getConfig} gives; tfjs adds `customObjects` to it. */
  static override fromConfig<T extends tf.serialization.Serializable>(
    cls: tf.serialization.SerializableConstructor<T>,
    { customObjects: _, ...options }: tf.serialization.ConfigDict,
  ): T {
    return new cls(options);
  }

  /** The options that identify a run, apart from its rate and its functions. */
  get semantics(): Plain {
    return { ...this.#plain };
  }

  /** Frees the moments and the set rate's tensor. */
  override dispose(): void {
    this.#rateTensor?.dispose();
    this.#rateTensor = undefined;
    this.#slots.dispose();
  }
}

/** A float64 as the two int32 that it is made of: float32 would not hold it. */
function toBits(value: number): tf.Tensor1D {
  return tf.tensor1d(new Int32Array(Float64Array.of(value).buffer), "int32");
}

async function fromBits(caller: string, bits: tf.Tensor): Promise<number> {
  const data = (await bits.data()) as Int32Array;
  const isBits = data.length === 2 && bits.dtype === "int32";
  const value = isBits ? new Float64Array(Int32Array.from(data).buffer)[0]! : Number.NaN;
  requireRate(`${caller}: '${RATE_NAME}'`, value);
  return value;
}

async function requireIterations(
  caller: string,
  first: { name: string; tensor: tf.Tensor } | undefined,
): Promise<void> {
  const count = first?.tensor.size === 1 ? (await first.tensor.data())[0]! : Number.NaN;
  if (first?.name !== "iter" || !(Number.isInteger(count) && count >= 0)) {
    throw new RangeError(
      `${caller}: the first weight must be 'iter', an integer >= 0, got ${first === undefined ? "none" : `'${first.name}' of ${count}`}`,
    );
  }
}

function requireRate(what: string, rate: number): void {
  if (!(Number.isFinite(rate) && rate >= 0)) {
    throw new RangeError(`${what} must be a finite number >= 0, got ${rate}`);
  }
}
