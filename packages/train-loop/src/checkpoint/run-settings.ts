import * as tf from "@tensorflow/tfjs-core";
import type { AdamW } from "tfjs-optim";
import { batchesPerEpoch, type DataSource } from "../data/data-source.ts";
import type { StepOptions } from "../step/take-step.ts";
import type { Task } from "../task.ts";

/** Settings by name, as JSON: what must be equal for a resumed run to be the same run. */
export type RunSettings = Readonly<Record<string, string>>;

/** What decides a run, apart from the model's and the data's contents. */
export interface RunDescription {
  readonly task: Task;
  readonly step: StepOptions;
  readonly source: DataSource;
  readonly epochs: number;
  readonly microBatchSize: number;
  readonly replicas: number;
  /** The caller's own, such as the seed of the data. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** Names and values of everything that decides a run. Functions of the step are compared at a few steps. */
export function describeRun(run: RunDescription): RunSettings {
  const { task, step, source, epochs, microBatchSize, replicas, settings } = run;
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
    ...task.settings,
    optimizer: optimizer.getClassName(),
    ...config,
    learningRate,
    ...(isAdamW(optimizer) && { parameters: countTreatments(optimizer, task.variables) }),
    gradientTransform: gradientTransform?.name ?? "none",
    average: ema === undefined ? "none" : steps.map((it) => ema.decayAt(it)),
  };
  // The caller's do not hide this package's: its `learningRate` may be the highest only.
  const given = Object.entries(settings).map(([name, value]) => [
    Object.hasOwn(own, name) ? `settings.${name}` : name,
    value,
  ]);
  return Object.fromEntries(
    [...Object.entries(own), ...given].map(([name, value]) => [name, JSON.stringify(value) ?? "none"]),
  );
}

/** One line for each setting that differs. */
export function settingDifferences(saved: RunSettings, now: RunSettings): string[] {
  const names = [...new Set([...Object.keys(saved), ...Object.keys(now)])];
  return names
    .filter((name) => saved[name] !== now[name])
    .map((name) => `${name} was ${saved[name] ?? "not given"}, is ${now[name] ?? "not given"}`);
}

/** An optimizer whose rate is a function of the step. */
interface Scheduled extends tf.Optimizer {
  learningRateAt(step: number): number;
  /** All else that decides its steps. */
  readonly semantics: Readonly<Record<string, number | string>>;
}

function isScheduled(optimizer: tf.Optimizer): optimizer is Scheduled {
  return "learningRateAt" in optimizer && "semantics" in optimizer;
}

/** tfjs lets `instanceof` take any optimizer for any other. */
function isAdamW(optimizer: tf.Optimizer): optimizer is AdamW {
  return "treatmentOf" in optimizer;
}

/** How many variables decay or not, at which scale of the learning rate. */
function countTreatments(optimizer: AdamW, variables: readonly tf.Variable[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { name } of variables) {
    const { decays, learningRateScale } = optimizer.treatmentOf(name);
    const key = `${decays ? "decay" : "no decay"}, rate × ${learningRateScale}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}
