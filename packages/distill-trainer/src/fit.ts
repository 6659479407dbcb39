import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { explainLostBackend } from "./backend-lost.ts";
import { type BatchLogs, EpochLogs } from "./batch-logs.ts";
import { Checkpoints } from "./checkpoint/checkpoints.ts";
import type { Progress } from "./checkpoint/progress.ts";
import { describeRun } from "./checkpoint/run-settings.ts";
import { type Batch, batchesFrom, batchesPerEpoch, type DataSource } from "./data-source.ts";
import type { Engine } from "./engine/engine.ts";
import { type RunningEngine, startEngine } from "./engine/start-engine.ts";
import { evaluate } from "./evaluate.ts";
import type { FitCallback, FitOptions } from "./fit-options.ts";
import { DEFAULT_MEMORY_BUDGET, microBatchWithin } from "./memory-use.ts";
import type { Objective } from "./objective.ts";
import { requireCount } from "./require-count.ts";
import { flushCallbacks, replayEpochs, savedAfterFlush } from "./run-callback.ts";
import { learningRateOf, requireFinite, type StepOptions, takeStep } from "./step.ts";

/**
 * The training loop: for each batch, gradients summed over micro-batches and replicas, then one optimizer step.
 *
 * Callbacks get the objective's model by `setModel`; its `stopTraining` ends the run after the epoch.
 *
 * @returns tfjs' `History`: `history.loss[epoch]`, `history.val_accuracy[epoch]`, … of all epochs, resumed ones included.
 * @throws RangeError for bad options or a source without batches. Error if a loss or gradient is not finite: it names the
 * step and the variable. BackendLostError if the backend is lost. Error of a replica, naming it, if one fails. The signal's reason if it is aborted.
 */
export async function fit(
  objective: Objective,
  step: StepOptions,
  source: DataSource,
  options: FitOptions,
): Promise<tfl.History> {
  const { epochs, initialEpoch = 0 } = options;
  requireCount("epochs", epochs);
  requireCount("microBatchSize", options.microBatchSize ?? 1);
  if (!(Number.isInteger(initialEpoch) && initialEpoch >= 0 && initialEpoch < epochs)) {
    throw new RangeError(
      `fitDataset: initialEpoch must be an integer in [0, ${epochs}), got ${initialEpoch}`,
    );
  }
  const running = await startEngine(objective, options);
  try {
    return await fitWith(running, objective, step, source, options);
  } finally {
    await running.engine.close();
  }
}

async function fitWith(
  { engine, replicas }: RunningEngine,
  objective: Objective,
  step: StepOptions,
  source: DataSource,
  options: FitOptions,
): Promise<tfl.History> {
  const { epochs, initialEpoch = 0, checkpoint, signal } = options;
  const { model } = objective;
  const microBatchSize =
    options.microBatchSize ?? (await chooseMicroBatch(engine, replicas, source, options));
  const cut = { microBatchSize, replicas };
  const settings = { objective, step, source, epochs, ...cut, settings: checkpoint?.settings ?? {} };
  const given = listOf(options.callbacks);
  const checkpoints =
    checkpoint && new Checkpoints(savedAfterFlush(checkpoint, given), { model, step }, describeRun(settings));

  const history = new tfl.History();
  const callbacks = new tfl.CallbackList([history, ...given.map(asCallback)]);
  const flag = withStopFlag(model);
  const run: Run = {
    engine,
    objective,
    step,
    source,
    microBatchSize,
    signal,
    callbacks,
    history,
    checkpoints,
  };
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

async function chooseMicroBatch(
  engine: Engine,
  replicas: number,
  source: DataSource,
  { memoryBudget = DEFAULT_MEMORY_BUDGET }: FitOptions,
): Promise<number> {
  await engine.sync();
  return microBatchWithin(memoryBudget, await engine.measure(), Math.ceil(source.batchSize / replicas));
}

/** What does not change while a run lasts. */
interface Run {
  readonly engine: Engine;
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
  const { source, callbacks, checkpoints } = run;
  for await (const { batch, waited } of timed(batchesFrom(source, place.epoch, place.batch))) {
    const startedAt = performance.now();
    const index = place.batch;
    const size = batch.labels.length;
    await callbacks.onBatchBegin(index, { batch: index, size });
    const { gradients, logs, gradientNorm } = await compute(run, place, batch).catch(async (error) => {
      const last = checkpoints?.newest;
      const explained = await explainLostBackend(error, place, last);
      if (explained === error && last !== undefined) error.message += `; the last checkpoint is '${last}'`;
      throw explained;
    });
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

/** A batch's gradients, which are finite, and what is logged of them. */
async function compute({ engine, objective, microBatchSize }: Run, place: RunPlace, batch: Batch) {
  await engine.sync();
  const computed = await engine.gradients(batch, microBatchSize);
  const { gradients, logs } = computed;
  try {
    const gradientNorm = await requireFinite(objective.variables, computed, place);
    return { gradients, logs, gradientNorm };
  } catch (error) {
    tf.dispose(gradients);
    throw error;
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
  const { engine, microBatchSize, signal, checkpoints } = run;
  const { average } = run.step;
  const logsOf = (prefix: string) => evaluate(engine, data, { microBatchSize, prefix, signal });
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
