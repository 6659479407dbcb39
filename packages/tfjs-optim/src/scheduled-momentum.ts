import * as tf from "@tensorflow/tfjs-core";
import { FUNCTION, RATE, requireOptions } from "known-options";
import type { Schedule } from "./schedule.ts";

/**
 * tfjs' SGD with momentum, its rate by the step: `v = momentum · v + g`, `w −= rate(step) · v`, as PyTorch's.
 *
 * It cannot be saved with a model: a file holds no functions, so what is loaded would continue at a constant rate.
 */
export class ScheduledMomentum extends tf.MomentumOptimizer {
  /** Not tfjs' "Momentum", which a saved model would load as. */
  static override get className(): string {
    return "ScheduledMomentum";
  }
  readonly #schedule: Schedule;
  readonly #momentum: number;

  /**
   * @param schedule - Learning rate by step.
   * @param momentum - In [0, 1).
   * @throws TypeError or RangeError for another.
   */
  constructor(schedule: Schedule, momentum: number) {
    requireOptions("ScheduledMomentum", { schedule, momentum }, { schedule: FUNCTION, momentum: RATE });
    super(schedule(0), momentum);
    this.#schedule = schedule;
    this.#momentum = momentum;
  }

  /** Learning rate of the step with this index, counted from 0. */
  learningRateAt(step: number): number {
    return this.#schedule(step);
  }

  /** The options that identify a run, apart from its rate. */
  get semantics(): Readonly<Record<string, number>> {
    return { momentum: this.#momentum };
  }

  /** @throws Error always: the schedule is a function, and cannot be saved. */
  override getConfig(): never {
    throw new Error(
      "ScheduledMomentum.getConfig: options must be plain data to be saved, got a schedule; save the model without includeOptimizer, or the run by fineTune's checkpoint",
    );
  }

  override applyGradients(gradients: tf.NamedTensorMap | { name: string; tensor: tf.Tensor }[]): void {
    this.setLearningRate(this.#schedule(this.iterations));
    super.applyGradients(gradients as never); // tfjs types what it takes by names that it does not export
  }

  override dispose(): void {
    super.dispose();
    this.c.dispose(); // tfjs forgets its own learning rate
  }
}
