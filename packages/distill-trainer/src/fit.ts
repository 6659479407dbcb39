import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { accumulateGradients } from "./accumulate.ts";
import { explainLostBackend } from "./backend-lost.ts";
import { type BatchLogs, EpochLogs } from "./batch-logs.ts";
import { Checkpoints } from "./checkpoint/checkpoints.ts";
import type { CheckpointOptions } from "./checkpoint/options.ts";
import type { Progress } from "./checkpoint/progress.ts";
import { describeRun } from "./checkpoint/run-settings.ts";
import { batchesFrom, batchesPerEpoch, type DataSource } from "./data-source.ts";
import { evaluate } from "./evaluate.ts";
import type { Objective } from "./objective.ts";
import { requireCount } from "./require-count.ts";
import { flushCallbacks, type RunCallback, replayEpochs, savedAfterFlush } from "./run-callback.ts";
import { learningRateOf, requireFinite, type StepOptions, takeStep } from "./step.ts";

/** A tfjs callback object (an instance of `tfl.Callback`), or a plain object with some of its methods. */
export type FitCallback = (tfl.CustomCallbackArgs | { setModel(model: never): void }) & RunCallback;

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
  /**
   * tfjs' conventions: `onEpochEnd(epoch, logs)`, `tfl.callbacks.earlyStopping(…)`, … `onBatchEnd(batch, logs)` also gets
   * `gradientNorm` (before any transform), `learningRate`, `waitSeconds` (for the batch) and `computeSeconds`.
   */
  readonly callbacks?: FitCallback | readonly FitCallback[];
  /** Where and when to save the run, and whether to go on from what is saved. Default: nothing is saved. */
  readonly checkpoint?: CheckpointOptions;
  /** Ends the run after the step under way: it is saved, if checkpoints are, and the signal's reason is thrown. */
  readonly signal?: AbortSignal;
}

export const DEFAULT_MICRO_BATCH_SIZE = 16;

/**
 * The training loop: for each batch, gradients summed over micro-batches, then one optimizer step.
 *
 * @param model - What callbacks get by `setModel`; its `stopTraining` ends the run after the epoch.
 * @returns tfjs' `History`: `history.loss[epoch]`, `history.val_accuracy[epoch]`, … of all epochs, resumed ones included.
 * @throws RangeError for bad options or a source without batches. Error if a loss or gradient is not finite: it names the
 * step and the variable. The signal's reason if it is aborted.
 */
export async function fit(
  objective: Objective,
  step: StepOptions,
  model: tfl.LayersModel,
  source: DataSource,
  options: FitOptions,
): Promise<tfl.History> {
  const { epochs, initialEpoch = 0, microBatchSize = DEFAULT_MICRO_BATCH_SIZE } = options;
  requireCount("epochs", epochs);
  requireCount("microBatchSize", microBatchSize);
  if (!(Number.isInteger(initialEpoch) && initialEpoch >= 0 && initialEpoch < epochs)) {
    throw new RangeError(
      `fitDataset: initialEpoch must be an integer in [0, ${epochs}), got ${initialEpoch}`,
    );
  }
  const { checkpoint, signal } = options;
  const settings = { objective, step, source, epochs, microBatchSize, settings: checkpoint?.settings ?? {} };
  const given = listOf(options.callbacks);
  const checkpoints =
    checkpoint && new Checkpoints(savedAfterFlush(checkpoint, given), { model, step }, describeRun(settings));

  const history = new tfl.History();
  const callbacks = new tfl.CallbackList([history, ...given.map(asCallback)]);
  const flag = withStopFlag(model);
  const run: Run = { objective, step, source, microBatchSize, signal, callbacks, history, checkpoints };
  const saved = await checkpoints?.resume();
  const place = startAt(saved, initialEpoch);
  callbacks.setModel(flag);
  callbacks.setParams({
    epochs,
    initialEpoch: place.epoch,
    initialStep: place.step,
    steps: batchesPerEpoch(source),
    batchSize: source.batchSize,
    doValidation: options.validationData !== undefined,
  });
  try {
    await callbacks.onTrainBegin();
    if (saved !== undefined) {
      Object.assign(history, structuredClone(saved.history));
      await replayEpochs(given, saved.history);
      place.stopped ||= flag.stopTraining;
    }
    while (place.epoch < epochs && !place.stopped) {
      await callbacks.onEpochBegin(place.epoch);
      await fitEpoch(run, place);
      const logs = { ...place.logs.means(), ...(await validate(run, place, options.validationData)) };
      await callbacks.onEpochEnd(place.epoch, logs);
      place.epoch += 1;
      place.batch = 0;
      place.logs = new EpochLogs();
      place.stopped = flag.stopTraining;
      await checkpoints?.save(progressAt(run, place), logs);
    }
    await callbacks.onTrainEnd();
    return history;
  } catch (error) {
    throw await explainLostBackend(error, place, checkpoints?.newest);
  } finally {
    await flushCallbacks(given);
  }
}

/** What does not change while a run lasts. */
interface Run {
  readonly objective: Objective;
  readonly step: StepOptions;
  readonly source: DataSource;
  readonly microBatchSize: number;
  readonly signal: AbortSignal | undefined;
  readonly callbacks: tfl.CallbackList;
  readonly history: tfl.History;
  readonly checkpoints: Checkpoints | undefined;
}

/** How far a run is. */
interface RunPlace {
  step: number;
  epoch: number;
  batch: number;
  logs: EpochLogs;
  stopped: boolean;
}

function startAt(saved: Progress | undefined, initialEpoch: number): RunPlace {
  if (saved === undefined) {
    return { step: 0, epoch: initialEpoch, batch: 0, logs: new EpochLogs(), stopped: false };
  }
  const { step, epoch, batch, stopped } = saved;
  return { step, epoch, batch, stopped, logs: new EpochLogs(saved.logs) };
}

function progressAt({ history }: Run, { step, epoch, batch, logs, stopped }: RunPlace): Progress {
  const past = { epoch: history.epoch, history: history.history as Record<string, number[]> };
  return { step, epoch, batch, stopped, logs: logs.state, history: past };
}

/** The rest of an epoch's batches. */
async function fitEpoch(run: Run, place: RunPlace): Promise<void> {
  const { objective, source, microBatchSize, callbacks, checkpoints } = run;
  for await (const { batch, waited } of timed(batchesFrom(source, place.epoch, place.batch))) {
    const startedAt = performance.now();
    const index = place.batch;
    const size = batch.labels.length;
    await callbacks.onBatchBegin(index, { batch: index, size });
    const { gradients, logs } = await accumulateGradients(objective, batch, microBatchSize);
    const gradientNorm = await requireFinite(objective.variables, gradients, logs.loss!, place).catch(
      (error) => {
        tf.dispose(gradients);
        const last = checkpoints?.newest;
        if (last !== undefined) (error as Error).message += `; the last checkpoint is '${last}'`;
        throw error;
      },
    );
    const learningRate = learningRateOf(run.step.optimizer, place.step);
    takeStep(run.step, gradients);
    place.step += 1;
    place.batch += 1;
    place.logs.add(logs, size);
    const times = { waitSeconds: waited / 1000, computeSeconds: (performance.now() - startedAt) / 1000 };
    const step = { ...logs, gradientNorm, ...(learningRate !== undefined && { learningRate }), ...times };
    await callbacks.onBatchEnd(index, { batch: index, size, ...step });
    await tf.nextFrame(); // lets timers, signals and the data's worker threads through
    const isEnding = run.signal?.aborted === true;
    if (isEnding || checkpoints?.isDue(place.step)) await checkpoints?.save(progressAt(run, place));
    run.signal?.throwIfAborted();
  }
  if (place.batch === 0) {
    throw new RangeError(`fitDataset: epoch ${place.epoch} must hold at least one batch, got none`);
  }
}

/** What is read, with the milliseconds that each item was waited for. */
async function* timed<T>(items: AsyncIterable<T>): AsyncGenerator<{ batch: T; waited: number }> {
  let since = performance.now();
  for await (const batch of items) {
    yield { batch, waited: performance.now() - since };
    since = performance.now();
  }
}

/** The model's validation logs, and its average's. An interrupted validation is made anew by the resumed run. */
async function validate(run: Run, place: RunPlace, data: DataSource | undefined): Promise<BatchLogs> {
  if (data === undefined) return {};
  const { objective, microBatchSize, signal, checkpoints } = run;
  const { average } = run.step;
  const logsOf = (prefix: string) => evaluate(objective, data, { microBatchSize, prefix, signal });
  try {
    const logs = await logsOf("val_");
    return average === undefined ? logs : { ...logs, ...(await average.within(() => logsOf("val_ema_"))) };
  } catch (error) {
    if (signal?.aborted) await checkpoints?.save(progressAt(run, place));
    throw error;
  }
}

/** The model, with a `stopTraining` of its own: tfjs' setter refuses models that were not compiled by tfjs. */
function withStopFlag(model: tfl.LayersModel): tfl.LayersModel {
  return Object.create(model, { stopTraining: { value: false, writable: true } });
}

function listOf(callbacks: FitOptions["callbacks"]): FitCallback[] {
  if (callbacks === undefined) return [];
  return [...((Array.isArray(callbacks) ? callbacks : [callbacks]) as FitCallback[])];
}

function asCallback(callback: FitCallback): tfl.CustomCallback {
  return "setModel" in callback
    ? (callback as tfl.CustomCallback)
    : new tfl.CustomCallback(callback, "never");
}
