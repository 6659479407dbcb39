import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { accumulateGradients } from "./accumulate.ts";
import { type BatchLogs, EpochLogs } from "./batch-logs.ts";
import { batchesPerEpoch, type DataSource } from "./data-source.ts";
import { evaluate } from "./evaluate.ts";
import type { Objective } from "./objective.ts";

/** A tfjs callback object (an instance of `tfl.Callback`), or a plain object with some of its methods. */
export type FitCallback = tfl.CustomCallbackArgs | { setModel(model: never): void };

/** Options of `fitDataset`. */
export interface FitOptions {
  /** Epochs to train, counted from 0; an integer ≥ 1. */
  readonly epochs: number;
  /** First epoch to run. Default 0. */
  readonly initialEpoch?: number;
  /** Evaluated at the end of each epoch; its logs are prefixed `val_`. */
  readonly validationData?: DataSource;
  /** Rows on the gradient tape at once: bounds memory, does not change the result. Default 16. */
  readonly microBatchSize?: number;
  /** tfjs' conventions: `onEpochEnd(epoch, logs)`, `tfl.callbacks.earlyStopping(…)`, … */
  readonly callbacks?: FitCallback | readonly FitCallback[];
}

export const DEFAULT_MICRO_BATCH_SIZE = 16;

/**
 * The training loop: for each batch, gradients summed over micro-batches, then one optimizer step.
 *
 * @param model - What callbacks get by `setModel`; its `stopTraining` ends the run after the epoch.
 * @returns tfjs' `History`: `history.loss[epoch]`, `history.val_accuracy[epoch]`, …
 * @throws RangeError for bad options or a source without batches. Error if a loss is not finite: it names the step.
 */
export async function fit(
  objective: Objective,
  optimizer: tf.Optimizer,
  model: tfl.LayersModel,
  source: DataSource,
  options: FitOptions,
): Promise<tfl.History> {
  const { epochs, initialEpoch = 0, validationData, microBatchSize = DEFAULT_MICRO_BATCH_SIZE } = options;
  requireCount("epochs", epochs);
  requireCount("microBatchSize", microBatchSize);
  if (!(Number.isInteger(initialEpoch) && initialEpoch >= 0 && initialEpoch < epochs)) {
    throw new RangeError(
      `fitDataset: initialEpoch must be an integer in [0, ${epochs}), got ${initialEpoch}`,
    );
  }

  const history = new tfl.History();
  const callbacks = new tfl.CallbackList([history, ...asCallbacks(options.callbacks)]);
  const run = withStopFlag(model);
  callbacks.setModel(run);
  callbacks.setParams({
    epochs,
    initialEpoch,
    steps: batchesPerEpoch(source),
    batchSize: source.batchSize,
    doValidation: validationData !== undefined,
  });
  await callbacks.onTrainBegin();
  for (let epoch = initialEpoch; epoch < epochs && !run.stopTraining; epoch++) {
    await callbacks.onEpochBegin(epoch);
    const logs = await fitEpoch(objective, optimizer, source, epoch, microBatchSize, callbacks);
    const valLogs =
      validationData === undefined
        ? {}
        : await evaluate(objective, validationData, { microBatchSize, prefix: "val_" });
    await callbacks.onEpochEnd(epoch, { ...logs, ...valLogs });
  }
  await callbacks.onTrainEnd();
  return history;
}

async function fitEpoch(
  objective: Objective,
  optimizer: tf.Optimizer,
  source: DataSource,
  epoch: number,
  microBatchSize: number,
  callbacks: tfl.CallbackList,
): Promise<BatchLogs> {
  const epochLogs = new EpochLogs();
  let index = 0;
  for await (const batch of source.batches(epoch)) {
    const size = batch.labels.length;
    await callbacks.onBatchBegin(index, { batch: index, size });
    const { gradients, logs: pending } = accumulateGradients(objective, batch, microBatchSize);
    const logs = await pending;
    if (!Number.isFinite(logs.loss)) {
      tf.dispose(gradients);
      throw new Error(
        `fitDataset: the loss must be finite, got ${logs.loss} in epoch ${epoch}, batch ${index}; no step was taken`,
      );
    }
    optimizer.applyGradients(gradients);
    tf.dispose(gradients);
    epochLogs.add(logs, size);
    await callbacks.onBatchEnd(index, { batch: index, size, ...logs });
    await tf.nextFrame(); // lets timers, signals and the data's worker threads through
    index += 1;
  }
  if (index === 0) throw new RangeError(`fitDataset: epoch ${epoch} must hold at least one batch, got none`);
  return epochLogs.means();
}

/** The model, with a `stopTraining` of its own: tfjs' setter refuses models that were not compiled by tfjs. */
function withStopFlag(model: tfl.LayersModel): tfl.LayersModel {
  return Object.create(model, { stopTraining: { value: false, writable: true } });
}

function asCallbacks(callbacks: FitOptions["callbacks"]): tfl.CustomCallback[] {
  if (callbacks === undefined) return [];
  const list = (Array.isArray(callbacks) ? callbacks : [callbacks]) as FitCallback[];
  return list.map((callback) =>
    "setModel" in callback ? (callback as tfl.CustomCallback) : new tfl.CustomCallback(callback, "never"),
  );
}

function requireCount(name: string, value: number): void {
  if (!(Number.isInteger(value) && value >= 1)) {
    throw new RangeError(`fitDataset: ${name} must be an integer >= 1, got ${value}`);
  }
}
