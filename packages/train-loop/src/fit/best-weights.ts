import { type BestLog, bestEpoch } from "../best-epoch.ts";
import type { Checkpoints } from "../checkpoint/checkpoints.ts";
import { captureWeights, restoreWeights, type Training } from "../checkpoint/training-state.ts";

type History = Readonly<Record<string, readonly number[]>>;
type Kept = Pick<NonNullable<Awaited<ReturnType<Checkpoints["readBest"]>>>, "tensors" | "averageUpdates">;

/** Weights of a training's best epoch, in memory. */
export class BestWeights {
  readonly #log: BestLog;
  readonly #training: Training;
  #kept: Kept | undefined;

  constructor(log: BestLog, training: Training) {
    this.#log = log;
    this.#training = training;
  }

  /**
   * Takes over the best epoch of a run that is resumed.
   *
   * @throws Error if the run's best checkpoint is not that of its best epoch.
   */
  async resume(history: History, checkpoints: Checkpoints): Promise<void> {
    const epoch = bestEpoch(history, this.#log);
    if (epoch === undefined) return;
    const best = await checkpoints.readBest();
    const { monitor } = this.#log;
    const value = history[monitor]![epoch];
    if (best === undefined || best.value !== value) {
      throw new Error(
        `fit: keepBest: expected the checkpoint with ${monitor} ${value}, got ${best === undefined ? "none" : `one chosen by ${best.value}`}`,
      );
    }
    this.#kept = best;
  }

  /** Keeps the present weights if the epoch that just ended is the best. @throws Error without the log. */
  async keepIfBest(history: History): Promise<void> {
    const { monitor } = this.#log;
    const values = history[monitor];
    if (values === undefined) {
      throw new Error(
        `fit: keepBest: expected a log '${monitor}' of each epoch, got ${Object.keys(history).join(", ")}`,
      );
    }
    if (bestEpoch(history, this.#log) !== values.length - 1) return;
    const averageUpdates = this.#training.step.ema?.updates ?? 0;
    this.#kept = { tensors: await captureWeights(this.#training), averageUpdates };
  }

  /** Gives the training the weights of its best epoch, if there is one. */
  restore(): void {
    if (this.#kept !== undefined)
      restoreWeights(this.#training, this.#kept.tensors, this.#kept.averageUpdates);
  }
}
