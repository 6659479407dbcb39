import type * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import {
  ABORT_SIGNAL,
  ANY,
  BOOLEAN,
  type Checks,
  COUNT,
  check,
  either,
  FUNCTION,
  integerFrom,
  OBJECT,
  optional,
  POSITIVE,
  requireArguments,
  requireOptions,
} from "known-options";
import { BEST_CHECKS, type BestLog } from "../best-epoch.ts";
import { DEFAULT_BEST } from "../checkpoint/checkpoints.ts";
import { type CheckpointOptions, requireCheckpointOptions } from "../checkpoint/options.ts";
import { requireSource } from "../checks/checked-batches.ts";
import { requireTask } from "../checks/require-task.ts";
import type { DataSource } from "../data/data-source.ts";
import { STEP_CHECKS, type StepOptions } from "../step/take-step.ts";
import type { Task } from "../task.ts";
import { COMMUNICATOR } from "./communicator-check.ts";
import type { RunCallback } from "./run-callback.ts";
import type { CaptureOption, ReplicaOptions } from "./start-engine.ts";

/** A tfjs callback object (an instance of `tfl.Callback`), or a plain object with some of its methods. */
export type FitCallback = (tfl.CustomCallbackArgs | { setModel(model: never): void }) & RunCallback;

/** Options of `fit`. */
export interface FitOptions extends Omit<StepOptions, "optimizer">, ReplicaOptions, CaptureOption {
  /** Number of epochs, an integer ≥ 1. */
  readonly epochs: number;
  /** Index of the first epoch. Default 0. */
  readonly initialEpoch?: number;
  /** Data to evaluate after each epoch; its logs have the prefix `val_`. Default: none. */
  readonly validationData?: DataSource;
  /** Rows per forward and backward pass: bounds memory, does not change the result. Default: from `memoryBudget`. */
  readonly microBatchSize?: number;
  /**
   * Memory of a replica's training pass besides the weights, in bytes, from which the size of micro-batches follows, equal on
   * every machine. Default 320 MiB.
   */
  readonly memoryBudget?: number;
  /**
   * Callbacks as in tfjs: `onEpochEnd(epoch, logs)`, `tfl.callbacks.earlyStopping(…)`, … The logs of `onBatchEnd` include
   * `gradientNorm` (before any transform), `learningRate`, `waitSeconds` (for the batch) and `computeSeconds`.
   */
  readonly callbacks?: FitCallback | readonly FitCallback[];
  /** Checkpoints: where and when to save the run, and whether to resume. Default: none. */
  readonly checkpoint?: CheckpointOptions;
  /**
   * Whether the model, its average and the task's own variables have the weights of the best epoch when `fit` returns, and the log
   * that chooses it; of equal values the earliest epoch. The optimizer stays as it is after the last step. `true`: the highest
   * `val_ema_accuracy` with an average, else `val_accuracy`. Held-out data that choose the epoch judge it too favorably. Default
   * false: the weights of the last epoch.
   */
  readonly keepBest?: boolean | BestLog;
  /** Signal that ends the run after the current step, with a checkpoint if there are any; its reason is thrown. */
  readonly signal?: AbortSignal;
}

const CALLBACK_METHODS = ["Train", "Epoch", "Batch"].flatMap((what) => [`on${what}Begin`, `on${what}End`]);

function isCallback(value: unknown): boolean {
  const named = (value ?? {}) as Record<string, unknown>;
  return [...CALLBACK_METHODS, "onYield", "setModel", "flush"].some(
    (name) => typeof named[name] === "function",
  );
}

const { optimizer: OPTIMIZER, ...STEP } = STEP_CHECKS;
const CHECKS: Checks<FitOptions> = {
  ...STEP,
  epochs: COUNT,
  initialEpoch: optional(integerFrom(0)),
  validationData: optional(OBJECT),
  microBatchSize: optional(COUNT),
  memoryBudget: optional(POSITIVE),
  callbacks: optional(
    check(`callbacks with methods of ${CALLBACK_METHODS.join(", ")}`, (value) =>
      (Array.isArray(value) ? value : [value]).every(isCallback),
    ),
  ),
  checkpoint: optional(OBJECT),
  keepBest: optional(either(BOOLEAN, OBJECT)),
  signal: optional(ABORT_SIGNAL),
  replicas: optional(COUNT),
  setup: optional(OBJECT),
  communicator: optional(COMMUNICATOR),
  capture: optional(BOOLEAN),
};

/** Throws a TypeError or RangeError for invalid arguments of `fit`. */
export function requireFitOptions(
  task: Task,
  optimizer: tf.Optimizer,
  source: DataSource,
  options: FitOptions,
): void {
  requireOptions("fit", options, CHECKS);
  requireTask("fit", task);
  requireArguments("fit", { optimizer }, { optimizer: OPTIMIZER });
  requireSource("fit", source);
  const { epochs, initialEpoch = 0, validationData } = options;
  if (initialEpoch >= epochs) {
    throw new RangeError(`fit: initialEpoch must be an integer in [0, ${epochs}), got ${initialEpoch}`);
  }
  if (validationData !== undefined) requireSource("fit: validationData", validationData);
  if (options.setup !== undefined) requireSetup(options.setup);
  if (options.checkpoint !== undefined) requireCheckpointOptions(options.checkpoint);
  requireBest(options);
}

function requireSetup(setup: NonNullable<FitOptions["setup"]>): void {
  if ("worker" in setup) {
    requireOptions("fit: setup", setup, { worker: FUNCTION, data: ANY, startSeconds: optional(POSITIVE) });
    return;
  }
  const module = check("a URL", (value) => typeof value === "string" || value instanceof URL);
  requireOptions("fit: setup", setup, { module, data: ANY });
}

/** Log that chooses the epoch whose weights are kept; `undefined` where the last one's are. */
export function bestLogOf({ keepBest, ema }: FitOptions): BestLog | undefined {
  if (typeof keepBest === "object") return keepBest;
  if (keepBest !== true) return undefined;
  return ema === undefined ? DEFAULT_BEST : { ...DEFAULT_BEST, monitor: "val_ema_accuracy" };
}

function requireBest(options: FitOptions): void {
  const { keepBest, checkpoint, validationData } = options;
  if (typeof keepBest === "object") requireOptions("fit: keepBest", keepBest, BEST_CHECKS);
  const log = bestLogOf(options);
  if (log === undefined) return;
  if (log.monitor.startsWith("val_") && validationData === undefined)
    throw new RangeError(`fit: keepBest: expected validationData for '${log.monitor}', got none`);
  const other = checkpoint?.best;
  if (other !== undefined && (other.monitor !== log.monitor || other.mode !== log.mode)) {
    throw new RangeError(
      `fit: keepBest and checkpoint.best must be equal, got ${log.mode} ${log.monitor} and ${other.mode} ${other.monitor}`,
    );
  }
}
