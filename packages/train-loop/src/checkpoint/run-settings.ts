import * as tf from "@tensorflow/tfjs-core";
import type { ScheduledOptimizer } from "tfjs-optim";
import type { BestLog } from "../best-epoch.ts";
import { batchesPerEpoch, type DataSource } from "../data/data-source.ts";
import type { StepOptions } from "../step/take-step.ts";
import type { Task } from "../task.ts";

/** Settings by name, as JSON, which must be equal on resume. */
export type RunSettings = Readonly<Record<string, string>>;

/** Description of a run, apart from the contents of model and data. */
export interface RunDescription {
  readonly task: Task;
  readonly step: StepOptions;
  readonly source: DataSource;
  readonly epochs: number;
  readonly microBatchSize: number;
  readonly replicas: number;
  /** Programs that compute together. */
  readonly ranks: number;
  /** Log that chooses the epoch whose weights are kept. */
  readonly best?: BestLog | undefined;
  /** Settings of the caller, such as the data's seed. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** Returns all settings of a run. Functions of the step are sampled at a few steps. */
export function describeRun(run: RunDescription): RunSettings {
  const { task, step, source, epochs, microBatchSize, replicas, ranks, best, settings } = run;
  const { optimizer, gradientTransform, ema } = step;
  const last = epochs * batchesPerEpoch(source) - 1;
  const steps = [0, 1, 10, ...[0.25, 0.5, 0.75].map((share) => Math.round(share * last)), last];
  const { learningRate, ...config } = isScheduled(optimizer)
    ? { ...optimizer.semantics, learningRate: steps.map((it) => optimizer.learningRateAt(it)) }
    : (optimizer.getConfig() as Record<string, unknown>);
  const own: Record<string, unknown> = {
    backend: tf.getBackend(),
    epochs,
    batchSize: source.batchSize,
    samples: source.size,
    microBatchSize,
    replicas,
    ...(ranks > 1 && { ranks }),
    ...task.settings,
    optimizer: optimizer.getClassName(),
    ...config,
    learningRate,
    ...(hasTreatments(optimizer) && { parameters: countTreatments(optimizer, task.variables) }),
    gradientTransform: gradientTransform?.name ?? "none",
    average: ema === undefined ? "none" : steps.map((it) => ema.decayAt(it)),
    ...(best && { keepBest: `${best.mode} ${best.monitor}` }),
  };
  // The caller's settings do not hide the run's own: a caller's `learningRate` may be the peak only.
  const given = Object.entries(settings).map(([name, value]) => [
    Object.hasOwn(own, name) ? `settings.${name}` : name,
    value,
  ]);
  return Object.fromEntries(
    [...Object.entries(own), ...given].map(([name, value]) => [name, JSON.stringify(value) ?? "none"]),
  );
}

/** Settings that say how each batch is cut, on which results depend within float32 rounding only. */
const CUT: ReadonlySet<string> = new Set(["ranks", "replicas", "microBatchSize"]);

/**
 * Describes each setting that differs. Under another number of ranks the cut may differ too: it follows from the machines at hand.
 */
export function settingDifferences(saved: RunSettings, now: RunSettings): string[] {
  const isRecut = saved.ranks !== now.ranks;
  const names = [...new Set([...Object.keys(saved), ...Object.keys(now)])];
  return names
    .filter((name) => saved[name] !== now[name] && !(isRecut && CUT.has(name)))
    .map((name) => `${name} was ${saved[name] ?? "not given"}, is ${now[name] ?? "not given"}`);
}

/** An optimizer whose learning rate is a function of the step. */
interface Scheduled extends tf.Optimizer {
  learningRateAt(step: number): number;
  /** Other options of the optimizer. */
  readonly semantics: Readonly<Record<string, unknown>>;
}

function isScheduled(optimizer: tf.Optimizer): optimizer is Scheduled {
  return "learningRateAt" in optimizer && "semantics" in optimizer;
}

/** Not `instanceof`, which tfjs overrides: every optimizer is an instance of every other. */
function hasTreatments(optimizer: tf.Optimizer): optimizer is ScheduledOptimizer {
  return "treatmentOf" in optimizer;
}

/** Counts variables by weight decay and learning-rate scale. */
function countTreatments(
  optimizer: ScheduledOptimizer,
  variables: readonly tf.Variable[],
): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { name } of variables) {
    const { decays, learningRateScale } = optimizer.treatmentOf(name);
    const key = `${decays ? "decay" : "no decay"}, rate × ${learningRateScale}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}
