import type { BestLog } from "../best-epoch.ts";
import type { CheckpointOptions } from "./options.ts";
import { OtherRunError } from "./other-run-error.ts";
import type { Progress } from "./progress.ts";
import {
  type Best,
  type CheckpointState,
  checkpointName,
  listCheckpoints,
  newestCheckpoint,
  readCheckpoint,
} from "./read-checkpoint.ts";
import { type RunSettings, settingDifferences } from "./run-settings.ts";
import { encodeTensorFile, type HostTensor } from "./tensor-file.ts";
import { captureTensors, restoreTensors, type Training } from "./training-state.ts";

/** Log that chooses the best epoch where none is given. */
export const DEFAULT_BEST: BestLog = { monitor: "val_accuracy", mode: "max" };

/** Tensors of a checkpoint, the value of the log that chose it, and the updates of its average. */
export interface BestCheckpoint {
  readonly value: number;
  readonly tensors: readonly HostTensor[];
  readonly averageUpdates: number;
}

/** Checkpoints of a run: saving, pruning and resuming. */
export class Checkpoints {
  readonly #options: CheckpointOptions;
  readonly #training: Training;
  readonly #describe: (epochs?: number) => RunSettings;
  #best: Best | undefined;
  #newest: { name: string; step: number } | undefined;

  /** @param describe - Returns the run's settings, or those of a run of at most `epochs`. */
  constructor(options: CheckpointOptions, training: Training, describe: (epochs?: number) => RunSettings) {
    this.#options = options;
    this.#training = training;
    this.#describe = describe;
  }

  /** Name of the checkpoint that was last saved or resumed from. */
  get newest(): string | undefined {
    return this.#newest?.name;
  }

  /**
   * Resumes the training from its newest intact checkpoint.
   *
   * @returns The progress; `undefined` if the run starts anew.
   * @throws Error if there are checkpoints and `resume` is not set, or none is intact. OtherRunError if settings differ; more
   * epochs are allowed if learning rates and averages are equal at every step that was planned.
   */
  async resume(): Promise<Progress | undefined> {
    const { storage, resume = false, onEvent } = this.#options;
    if (resume === false) {
      const [newest] = await listCheckpoints(storage);
      if (newest === undefined) return undefined;
      throw new Error(
        `fit: expected a storage without checkpoints, got one with '${newest.name}'; set resume to continue from it`,
      );
    }
    const found = await newestCheckpoint(storage, (name, reason) =>
      onEvent?.({ kind: "damaged", name, reason }),
    );
    if (found === undefined) return undefined;
    const { name, tensors, state } = found;
    const now = this.#describe(Number(state.settings.epochs));
    const differences = settingDifferences(state.settings, now);
    if (differences.length > 0 && resume !== "force") {
      throw new OtherRunError(name, differences);
    }
    await restoreTensors(this.#training, tensors, state.averageUpdates);
    this.#best = state.best;
    const { progress } = state;
    const { step, epoch, batch } = progress;
    this.#newest = { name, step };
    const ranks = state.settings.ranks !== now.ranks && { ranks: Number(state.settings.ranks ?? 1) };
    onEvent?.({ kind: "resumed", name, step, epoch, batch, ...ranks });
    return progress;
  }

  /**
   * The checkpoint of the best epoch so far; `undefined` without one.
   *
   * @throws Error naming it if it is absent or damaged.
   */
  async readBest(): Promise<BestCheckpoint | undefined> {
    if (this.#best === undefined) return undefined;
    const { name, value } = this.#best;
    try {
      const { tensors, state } = await readCheckpoint(this.#options.storage, name);
      return { value, tensors, averageUpdates: state.averageUpdates };
    } catch (cause) {
      const reason = (cause as Error).message;
      throw new Error(`fit: expected the best epoch's checkpoint '${name}', could not read it: ${reason}`, {
        cause,
      });
    }
  }

  /** Whether a checkpoint is due after a step. */
  isDue(step: number): boolean {
    const { everySteps } = this.#options;
    return everySteps !== undefined && step % everySteps === 0;
  }

  /**
   * Saves a checkpoint, then removes old ones.
   *
   * @param epochLogs - Logs of the epoch if one just ended, by which the best is chosen.
   * @throws Error if it cannot be stored; earlier checkpoints stay.
   */
  async save(progress: Progress, epochLogs?: Readonly<Record<string, number>>): Promise<void> {
    const { storage, onEvent } = this.#options;
    const start = performance.now();
    const name = checkpointName(progress.step);
    const best = this.#bestWith(name, epochLogs);
    const state: CheckpointState = {
      progress,
      settings: this.#describe(),
      averageUpdates: this.#training.step.ema?.updates ?? 0,
      ...(best !== undefined && { best }),
    };
    const file = await encodeTensorFile({ state, tensors: await captureTensors(this.#training) });
    try {
      await storage.write(name, file);
    } catch (cause) {
      const last = this.newest === undefined ? "none was saved before" : `the last one is '${this.newest}'`;
      throw new Error(`fit: '${name}' could not be saved (${(cause as Error).message}); ${last}`, {
        cause,
      });
    }
    this.#best = best;
    this.#newest = { name, step: progress.step };
    const milliseconds = performance.now() - start;
    onEvent?.({ kind: "saved", name, step: progress.step, bytes: file.length, milliseconds });
    await this.#prune(progress.step);
  }

  #bestWith(name: string, logs: Readonly<Record<string, number>> | undefined): Best | undefined {
    const { monitor, mode } = this.#options.best ?? DEFAULT_BEST;
    const value = logs?.[monitor];
    if (value === undefined || Number.isNaN(value)) return this.#best;
    const sign = mode === "max" ? 1 : -1;
    const isBetter = this.#best === undefined || sign * value > sign * this.#best.value;
    return isBetter ? { name, value } : this.#best;
  }

  /** Removes old checkpoints. Those newer than `step` are damaged: they do not count and are overwritten later. */
  async #prune(step: number): Promise<void> {
    const { storage, keep = 3 } = this.#options;
    const past = (await listCheckpoints(storage)).filter((one) => one.step <= step);
    for (const { name } of past.slice(keep)) {
      if (name !== this.#best?.name) await storage.remove(name);
    }
  }
}
