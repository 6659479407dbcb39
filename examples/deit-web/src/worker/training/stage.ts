import type * as tf from "@tensorflow/tfjs-core";
import {
  batchesPerEpoch,
  type CheckpointStorage,
  type DataSource,
  fit,
  type ReplicaOptions,
  RunMeter,
  type StepFigures,
  type StepOptions,
  type Task,
} from "train-loop";
import type { EpochPoint, Role, StepPoint } from "../../session/types.ts";

/** Steps between checkpoints, besides those at the end of each epoch. */
const EVERY = 25;

/** One model's training. */
export interface Stage {
  readonly role: Role;
  readonly task: Task;
  readonly step: StepOptions & { readonly optimizer: tf.Optimizer };
  readonly source: DataSource;
  readonly heldOut: DataSource | undefined;
  readonly epochs: number;
  readonly storage: CheckpointStorage;
  /** What must be the same when it goes on. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly replicas: ReplicaOptions;
  readonly signal: AbortSignal;
}

/** What is told of a stage. */
export interface StageEvents {
  /** It begins, or goes on after `step`. */
  begin(step: number, steps: number): void | Promise<void>;
  step(point: StepPoint, figures: { imagesPerSecond: number; secondsLeft: number }): void;
  epoch(point: EpochPoint): void;
  /** A checkpoint of this step is about to be saved, or the stage ends in any way. */
  flush(step: number): Promise<void>;
  saved(step: number): void;
  note(text: string): void;
}

/**
 * Trains a model from its last checkpoint, if there is one.
 *
 * @returns Share of the held-out pictures that it classifies right in the end; `undefined` if there are none.
 * @throws The signal's reason if it is stopped, saved.
 */
export async function trainStage(stage: Stage, events: StageEvents): Promise<number | undefined> {
  const { role, task, source, heldOut, epochs, storage, settings, signal, replicas } = stage;
  const { optimizer, ...step } = stage.step;
  const steps = batchesPerEpoch(source) * epochs;
  const meter = new RunMeter();
  let taken = 0;
  let startedAt = 0;
  let first = 0;
  const { history } = await fit(task, optimizer, source, {
    ...step,
    ...{ epochs, signal, ...replicas },
    ...(heldOut !== undefined && { validationData: heldOut }),
    checkpoint: {
      ...{ storage, everySteps: EVERY, keep: 2, resume: true, settings },
      onEvent(event) {
        if (event.kind === "resumed") taken = event.step;
        if (event.kind === "saved") events.saved(event.step);
        if (event.kind === "damaged")
          events.note(`A saved state could not be read and is skipped: ${event.reason}`);
      },
    },
    callbacks: {
      flush: () => events.flush(taken),
      onTrainBegin: async () => {
        first = taken;
        startedAt = performance.now();
        await events.begin(taken, steps);
      },
      onBatchEnd: async (_, logs) => {
        const { loss = 0, accuracy = 0, ...figures } = logs as Readonly<Record<string, number>>;
        taken += 1;
        meter.add(figures as unknown as StepFigures);
        const elapsed = (performance.now() - startedAt) / 1000;
        const secondsLeft = (elapsed / (taken - first)) * (steps - taken);
        const { imagesPerSecond } = meter;
        events.step({ role, step: taken, loss, accuracy }, { imagesPerSecond, secondsLeft });
      },
      onEpochEnd: async (epoch, logs) => {
        const { loss = 0, accuracy = 0, val_loss, val_accuracy } = logs as Readonly<Record<string, number>>;
        events.epoch({
          ...{ role, epoch: epoch + 1, step: taken, loss, accuracy },
          ...(val_accuracy !== undefined && { heldOutAccuracy: val_accuracy }),
          ...(val_loss !== undefined && { heldOutLoss: val_loss }),
        });
      },
    },
  });
  return (history.val_accuracy as number[] | undefined)?.at(-1);
}
