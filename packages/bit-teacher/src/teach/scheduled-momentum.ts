import * as tf from "@tensorflow/tfjs-core";
import type { Schedule } from "tfjs-optim";

/** tfjs' SGD with momentum, its rate by the step: `v = momentum · v + g`, `w −= rate(step) · v`, as PyTorch's. */
export class ScheduledMomentum extends tf.MomentumOptimizer {
  readonly #schedule: Schedule;

  constructor(schedule: Schedule, momentum: number) {
    super(schedule(0), momentum);
    this.#schedule = schedule;
  }

  /** Learning rate of the step with this index, counted from 0. */
  learningRateAt(step: number): number {
    return this.#schedule(step);
  }

  /** With the rate at a few steps, so that a run is not resumed with another schedule unseen. */
  override getConfig(): tf.serialization.ConfigDict {
    const rates = [0, 1, 10, 100, 1000, 10_000].map((step) => this.#schedule(step));
    return { ...super.getConfig(), learningRate: rates[0]!, rates };
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
