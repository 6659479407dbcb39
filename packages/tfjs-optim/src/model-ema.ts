import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { type StepRecorder, stepRecorder } from "kernel-contract";
import {
  atLeast,
  type Checks,
  either,
  FRACTION,
  FUNCTION,
  optional,
  POSITIVE,
  requireOptions,
} from "known-options";
import { constant, type Schedule } from "./schedule.ts";
import { requireSameShape, variablesOf } from "./variables.ts";

/** Options of {@link ModelEma}. */
export interface ModelEmaOptions {
  /**
   * Share of the average that an update keeps, in [0, 1]; by update, counted from 0, where it is a schedule.
   * DeiT's: 0.99996. See {@link emaWarmup}.
   */
  readonly decay: number | Schedule;
}

/**
 * An exponential moving average of all of a model's weights, non-trainable ones included:
 * `average += (1 − decay) · (weight − average)` at each update. It starts as a copy.
 *
 * Given to `compile`, it is updated after each optimizer step, validated beside the model (`val_ema_…`) and saved in
 * checkpoints. The tensors are this object's: `dispose` frees them.
 *
 * It is float32, as timm's is: a change of less than half a float32 step is lost. Of weights that stand still the average
 * therefore stays up to `6e-8 / (1 − decay)` of their size away, 0.06% at a decay of 0.9999 and 0.15% at 0.99996.
 *
 * @throws TypeError for an unknown option. RangeError if `decay` is a number outside [0, 1], or while updating if it is a
 * schedule that gives one: the average has not changed then.
 * @see timm's `ModelEmaV2` (a number) and `ModelEmaV3` (with {@link emaWarmup})
 *
 * @example
 * const ema = new ModelEma(model, { decay: 0.999 });
 * classifier.compile({ optimizer, ema });
 * await classifier.fitDataset(train, { epochs: 5 });
 * const { accuracy } = await ema.within(() => classifier.evaluateDataset(validation)); // with averaged weights
 */
export class ModelEma {
  readonly #variables: readonly tf.Variable[];
  readonly #decay: Schedule;
  readonly #isConstant: boolean;
  /** Variables, which steps that are recorded may change. */
  readonly #averages: readonly tf.Variable[];
  readonly #recordedUpdates = new WeakMap<StepRecorder, number>();
  #updates = 0;

  constructor(model: tfl.LayersModel, options: ModelEmaOptions) {
    requireOptions("ModelEma", options, { decay: either(FRACTION, FUNCTION) });
    const { decay } = options;
    this.#decay = typeof decay === "number" ? constant(decay) : decay;
    this.#variables = variablesOf(model);
    this.#isConstant = typeof decay === "number";
    this.#averages = tf.tidy(() => this.#variables.map((x) => tf.variable(tf.clone(x), false)));
  }

  /** Updates so far. */
  get updates(): number {
    return this.#updates;
  }

  /** Decay of the update with this index. */
  decayAt(update: number): number {
    return this.#decay(update);
  }

  /** The averages in the order of the model's weights. They stay this object's. */
  get weights(): readonly tf.Tensor[] {
    return this.#averages;
  }

  /** Takes the model's present weights into the average. */
  update(): void {
    const recorder = stepRecorder();
    const share =
      recorder === undefined || this.#isConstant
        ? this.#nextShare()
        : recorder.number(this.#shareAfter(recorder));
    this.#replace(
      this.#averages.map((average, i) =>
        tf.tidy(() => tf.add(average, tf.mul(tf.sub(this.#variables[i]!, average), share))),
      ),
    );
    if (recorder === undefined) this.#updates += 1;
    else {
      recorder.afterRun(() => {
        this.#updates += 1;
      });
    }
  }

  /** The share of an update in a recording, after those that came before it there. */
  #shareAfter(recorder: StepRecorder): () => number {
    const before = this.#recordedUpdates.get(recorder) ?? 0;
    this.#recordedUpdates.set(recorder, before + 1);
    return () => this.#nextShare(before);
  }

  /** Share of the weights in the next average. @param later - Updates in between. */
  #nextShare(later = 0): number {
    const update = this.#updates + later;
    const decay = this.#decay(update);
    if (decay >= 0 && decay <= 1) return 1 - decay;
    throw new RangeError(`ModelEma: the decay of update ${update + 1} must be in [0, 1], got ${decay}`);
  }

  /** Runs `use` while the model has the average as its weights, then gives it its own back. */
  async within<T>(use: () => T | Promise<T>): Promise<T> {
    const own = this.#variables.map((x) => tf.keep(tf.clone(x)));
    this.copyToModel();
    try {
      return await use();
    } finally {
      this.#variables.forEach((x, i) => {
        x.assign(own[i]!);
      });
      tf.dispose(own);
    }
  }

  /** Makes the average the model's weights, for good. */
  copyToModel(): void {
    this.#variables.forEach((x, i) => {
      x.assign(this.#averages[i]!);
    });
  }

  /**
   * Restores another average.
   *
   * @param weights - As `weights` gives them; copied.
   * @throws RangeError if their shapes are not the model's.
   */
  restore(weights: readonly tf.Tensor[], updates: number): void {
    requireSameShape("ModelEma.restore", this.#variables, weights);
    this.#replace(weights.map((x) => tf.clone(x)));
    this.#updates = updates;
  }

  /** Frees the averages. */
  dispose(): void {
    for (const average of this.#averages) if (!average.isDisposed) average.dispose();
  }

  #replace(averages: readonly tf.Tensor[]): void {
    this.#averages.forEach((average, i) => {
      average.assign(averages[i] as tf.Tensor);
    });
    tf.dispose([...averages]);
  }
}

/** Options of {@link emaWarmup}, named as timm's. */
export interface EmaWarmupOptions {
  /** Largest decay. */
  readonly decay: number;
  /** Default 1. */
  readonly gamma?: number;
  /** 2/3 for a million steps and more, 3/4 for fewer. Default 2/3. */
  readonly power?: number;
  /** Updates that only copy, beyond the first. Default 0. */
  readonly after?: number;
  /** Default 0. */
  readonly minDecay?: number;
}

const WARMUP_CHECKS: Checks<EmaWarmupOptions> = {
  decay: FRACTION,
  gamma: optional(POSITIVE),
  power: optional(POSITIVE),
  after: optional(atLeast(0)),
  minDecay: optional(FRACTION),
};

/**
 * The decay of an average that forgets its beginning: `1 − (1 + n / gamma) ^ −power`, at most `decay`; the first update
 * copies the weights.
 *
 * @throws TypeError for an unknown option. RangeError if one is out of range.
 * @see timm's `ModelEmaV3` with `use_warmup`
 *
 * @example
 * const ema = new ModelEma(model, { decay: emaWarmup({ decay: 0.9998 }) });
 */
export function emaWarmup(options: EmaWarmupOptions): Schedule {
  requireOptions("emaWarmup", options, WARMUP_CHECKS);
  const { decay, gamma = 1, power = 2 / 3, after = 0, minDecay = 0 } = options;
  return (update) => {
    const n = update - after;
    if (n <= 0) return 0;
    return Math.max(minDecay, Math.min(decay, 1 - (1 + n / gamma) ** -power));
  };
}
