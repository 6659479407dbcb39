import type * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { Checkpoints } from "../checkpoint/checkpoints.ts";
import type { Progress } from "../checkpoint/progress.ts";
import { describeRun } from "../checkpoint/run-settings.ts";
import { requireReadableState } from "../checkpoint/training-state.ts";
import { addToMessage } from "../checks/explain.ts";
import { requireFiniteWeights } from "../checks/finite-tensors.ts";
import { batchesPerEpoch, type DataSource } from "../data/data-source.ts";
import { logsOfLabeled } from "../data/label-weights.ts";
import { nextTask } from "../next-task.ts";
import { type RankBatch, rankBatches } from "../ranks/rank-batches.ts";
import { shareRate } from "../ranks/share-rate.ts";
import { shareState } from "../ranks/share-state.ts";
import { EpochLogs } from "../step/batch-logs.ts";
import { DEFAULT_MEMORY_BUDGET, microBatchWithin } from "../step/memory-use.ts";
import { learningRateOf, requireFinite, type StepOptions } from "../step/take-step.ts";
import type { BatchLogs, Task } from "../task.ts";
import { ownVariables } from "../task-variables.ts";
import { explainLostBackend } from "./backend-lost.ts";
import { BestWeights } from "./best-weights.ts";
import { evaluateWith } from "./evaluate.ts";
import { bestLogOf, type FitCallback, type FitOptions, requireFitOptions } from "./fit-options.ts";
import { flushCallbacks, replayEpochs, savedAfterFlush } from "./run-callback.ts";
import { type RunningEngine, startEngine } from "./start-engine.ts";

/**
 * Trains a task: for each batch, sums gradients over micro-batches, replicas and ranks, then takes one optimizer step.
 *
 * Callbacks get the task's model by `setModel`; its `stopTraining` ends the run after the epoch.
 *
 * @param optimizer - An optimizer of tfjs or `tfjs-optim`. Stays the caller's, as task and source do.
 * @returns tfjs' `History`: `history.loss[epoch]`, `history.val_accuracy[epoch]`, … of all epochs, resumed ones included.
 * @throws TypeError or RangeError for an invalid argument or batch, before it is used. Error if a loss, a gradient, a teacher's
 * logit or a weight is not finite, naming the step and the variable or row. BackendLostError if the backend is lost. Error of a
 * replica, naming it. The signal's reason if it is aborted, which ends the run on all ranks after the same step.
 */
export async function fit(
  task: Task,
  optimizer: tf.Optimizer,
  source: DataSource,
  options: FitOptions,
): Promise<tfl.History> {
  requireFitOptions(task, optimizer, source, options);
  const { gradientTransform, ema } = options;
  const step = {
    optimizer,
    ...(gradientTransform !== undefined && { gradientTransform }),
    ...(ema !== undefined && { ema }),
  };
  const { communicator } = options;
  const isRoot = communicator === undefined || communicator.rank === 0;
  if (options.checkpoint !== undefined || (communicator?.size ?? 1) > 1) await requireReadableState(step);
  const unlock = isRoot ? await options.checkpoint?.storage.lock?.() : undefined;
  try {
    const running = await startEngine("fit", task, options, options.signal);
    try {
      return await fitWith(running, task, step, source, isRoot ? options : withoutOutput(options));
    } finally {
      await running.engine.close();
    }
  } finally {
    await unlock?.();
  }
}

/** Options of a rank that only computes: callbacks and checkpoints are rank 0's. */
function withoutOutput({ callbacks: _, checkpoint: __, ...options }: FitOptions): FitOptions {
  return options;
}

async function fitWith(
  running: RunningEngine,
  task: Task,
  step: StepOptions,
  source: DataSource,
  options: FitOptions,
): Promise<tfl.History> {
  const { epochs, initialEpoch = 0, checkpoint } = options;
  const { ranks, replicas } = running;
  const { model } = task;
  const microBatchSize = options.microBatchSize ?? (await chooseMicroBatch(running, source, options));
  const cut = { microBatchSize, replicas, ranks: ranks.share.size };
  const best = bestLogOf(options);
  const described = { task, step, source, ...cut, best };
  const describe = (longest = epochs) =>
    describeRun({ ...described, settings: checkpoint?.settings ?? {}, epochs: Math.min(epochs, longest) });
  await ranks.requireEqual("fit", describeRun({ ...described, settings: {}, epochs }));
  const given = listOf(options.callbacks);
  const training = { model, own: ownVariables(task), step };
  const checkpoints =
    checkpoint &&
    new Checkpoints(savedAfterFlush({ ...checkpoint, ...(best && { best }) }, given), training, describe);
  const bestWeights = best && ranks.isRoot ? new BestWeights(best, training) : undefined;

  const history = new tfl.History();
  const callbacks = new tfl.CallbackList([history, ...given.map(asCallback)]);
  const flag = withStopFlag(model, step.optimizer);
  const run: Run = {
    running,
    task,
    step,
    source,
    microBatchSize,
    callbacks,
    history,
    checkpoints,
  };
  const saved = await ranks.fromRoot((await checkpoints?.resume()) ?? null);
  await shareState(ranks, training);
  const place = startAt(task, saved ?? undefined, initialEpoch);
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
    if (saved !== null) {
      Object.assign(history, structuredClone(saved.history));
      await bestWeights?.resume(saved.history.history, checkpoints!);
      await replayEpochs(given, saved.history);
    }
    place.stopped = await ranks.fromRoot(place.stopped || (saved !== null && flag.stopTraining));
    while (place.epoch < epochs && !place.stopped) {
      await callbacks.onEpochBegin(place.epoch);
      await fitEpoch(run, place);
      await requireFiniteWeights(`fit: after epoch ${place.epoch + 1}`, task);
      await shareState(ranks, training); // processors of other kinds round otherwise
      const logs = { ...place.logs.means(), ...(await validate(run, place, options.validationData)) };
      await callbacks.onEpochEnd(place.epoch, logs);
      await bestWeights?.keepIfBest(history.history as Record<string, number[]>);
      place.epoch += 1;
      place.batch = 0;
      place.logs = new EpochLogs(task.parts.labeled);
      place.stopped = await ranks.fromRoot(flag.stopTraining);
      await checkpoints?.save(progressAt(run, place), logs);
    }
    bestWeights?.restore();
    if (best !== undefined) await shareState(ranks, training);
    await callbacks.onTrainEnd();
    await ranks.barrier(); // no rank ends while rank 0 saves
    return history;
  } catch (error) {
    throw await explainLostBackend(error, place, checkpoints?.newest);
  } finally {
    await flushCallbacks(given);
  }
}

async function chooseMicroBatch(
  { engine, replicas, ranks }: RunningEngine,
  source: DataSource,
  { memoryBudget = DEFAULT_MEMORY_BUDGET }: FitOptions,
): Promise<number> {
  await engine.sync();
  const rows = Math.ceil(source.batchSize / (replicas * ranks.share.size));
  return microBatchWithin(memoryBudget, await engine.measure(), rows);
}

/** The constants of a run. */
interface Run {
  readonly running: RunningEngine;
  readonly task: Task;
  readonly step: StepOptions;
  readonly source: DataSource;
  readonly microBatchSize: number;
  readonly callbacks: tfl.CallbackList;
  readonly history: tfl.History;
  readonly checkpoints: Checkpoints | undefined;
}

/** Current position of a run. */
interface RunPlace {
  step: number;
  epoch: number;
  batch: number;
  logs: EpochLogs;
  stopped: boolean;
}

function startAt({ parts }: Task, saved: Progress | undefined, initialEpoch: number): RunPlace {
  if (saved === undefined) {
    return { step: 0, epoch: initialEpoch, batch: 0, logs: new EpochLogs(parts.labeled), stopped: false };
  }
  const { step, epoch, batch, stopped } = saved;
  return { step, epoch, batch, stopped, logs: new EpochLogs(parts.labeled, saved.logs) };
}

function progressAt({ history }: Run, { step, epoch, batch, logs, stopped }: RunPlace): Progress {
  const past = { epoch: history.epoch, history: history.history as Record<string, number[]> };
  return { step, epoch, batch, stopped, logs: logs.state, history: past };
}

/** Trains on the rest of an epoch's batches. */
async function fitEpoch(run: Run, place: RunPlace): Promise<void> {
  const { running, task, source, callbacks, checkpoints } = run;
  const { ranks } = running;
  const { epoch, batch: firstBatch } = place;
  const at = `fit: epoch ${epoch + 1}`;
  const { classes, unlabeled = false, multiLabel = false } = task;
  const checked = { source, classes, epoch, firstBatch, place: at, unlabeled, multiLabel };
  for await (const { batch, waited } of timed(rankBatches(checked, ranks))) {
    const startedAt = performance.now();
    const index = place.batch;
    const { counts } = batch;
    const { rows: size, labeled } = counts;
    await callbacks.onBatchBegin(index, { batch: index, size });
    await shareRate(ranks, run.step.optimizer, place.step);
    const learningRate = learningRateOf(run.step.optimizer, place.step);
    const { gradients, logs, gradientNorm } = await compute(run, batch, place.step).catch(async (error) => {
      const last = checkpoints?.newest;
      const explained = await explainLostBackend(error, place, last);
      if (explained === error) {
        const saved = last === undefined ? "" : `; the last checkpoint is '${last}'`;
        const here = `in epoch ${epoch + 1}, batch ${index + 1}`;
        addToMessage(error, `; ${here}, before step ${place.step + 1} was taken${saved}`);
      }
      throw explained;
    });
    await running.engine.update(run.step, gradients);
    place.step += 1;
    place.batch += 1;
    place.logs.add(logs, counts);
    const times = { waitSeconds: waited / 1000, computeSeconds: (performance.now() - startedAt) / 1000 };
    const rate = learningRate !== undefined && { learningRate };
    const sizes = { size, ...(labeled < size && { labeled }) };
    await callbacks.onBatchEnd(index, { batch: index, ...sizes, ...logs, gradientNorm, ...rate, ...times });
    await nextTask(); // lets timers, signals and the data's worker threads through
    const isEnding = ranks.signal?.aborted === true;
    if (isEnding || checkpoints?.isDue(place.step)) await checkpoints?.save(progressAt(run, place));
    if (isEnding) await ranks.barrier(); // no rank ends while rank 0 saves
    ranks.signal?.throwIfAborted();
  }
}

/** Computes a batch's gradients, checks that they are finite, and returns them with the logs. */
async function compute({ running, task, microBatchSize }: Run, { part, counts }: RankBatch, step: number) {
  const { engine } = running;
  await engine.sync();
  const computed = await engine.gradients(part, microBatchSize, step);
  const { gradients } = computed;
  try {
    const gradientNorm = await requireFinite(task, computed);
    return { gradients, logs: logsOfLabeled(computed.logs, counts, task), gradientNorm };
  } catch (error) {
    engine.discard(gradients);
    throw error;
  }
}

/** Yields each item with the milliseconds spent waiting for it. */
async function* timed<T>(items: AsyncIterable<T>): AsyncGenerator<{ batch: T; waited: number }> {
  let since = performance.now();
  for await (const batch of items) {
    yield { batch, waited: performance.now() - since };
    since = performance.now();
  }
}

/** Validates the model and its average. A resumed run repeats an interrupted validation. */
async function validate(run: Run, place: RunPlace, data: DataSource | undefined): Promise<BatchLogs> {
  if (data === undefined) return {};
  const { task, running, microBatchSize, checkpoints } = run;
  const { ranks } = running;
  const { ema } = run.step;
  const caller = "fit: validationData";
  const logsOf = (prefix: string) => evaluateWith(task, running, data, { microBatchSize, prefix, caller });
  try {
    const logs = await logsOf("val_");
    return ema === undefined ? logs : { ...logs, ...(await ema.within(() => logsOf("val_ema_"))) };
  } catch (error) {
    if (ranks.signal?.aborted) {
      await checkpoints?.save(progressAt(run, place));
      await ranks.barrier();
    }
    throw error;
  }
}

/**
 * Returns the model for callbacks, with its own `stopTraining` (tfjs' setter rejects models not compiled by tfjs) and with the
 * optimizer, so that `this.model.optimizer.learningRate = …` works.
 */
function withStopFlag(model: tfl.LayersModel, optimizer: tf.Optimizer): tfl.LayersModel {
  return Object.create(model, {
    stopTraining: { value: false, writable: true },
    optimizer: { value: optimizer },
  });
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
