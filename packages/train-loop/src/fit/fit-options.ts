import type * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import {
  ABORT_SIGNAL,
  ANY,
  type Checks,
  COUNT,
  check,
  either,
  integerFrom,
  OBJECT,
  optional,
  POSITIVE,
  requireOptions,
} from "known-options";
import { type CheckpointOptions, requireCheckpointOptions } from "../checkpoint/options.ts";
import { requireSource } from "../checks/checked-batches.ts";
import { requireTask } from "../checks/require-task.ts";
import type { DataSource } from "../data/data-source.ts";
import type { ReplicaOptions } from "../replicas/start-engine.ts";
import { STEP_CHECKS, type StepOptions } from "../step/take-step.ts";
import type { Task } from "../task.ts";
import type { RunCallback } from "./run-callback.ts";

/** A tfjs callback object (an instance of `tfl.Callback`), or a plain object with some of its methods. */
export type FitCallback = (tfl.CustomCallbackArgs | { setModel(model: never): void }) & RunCallback;

/** Options of `fit`. */
export interface FitOptions extends Omit<StepOptions, "optimizer">, ReplicaOptions {
  /** Epochs to train, counted from 0; an integer ≥ 1. */
  readonly epochs: number;
  /** First epoch to run. Default 0. */
  readonly initialEpoch?: number;
  /** Evaluated at the end of each epoch; its logs are prefixed `val_`. */
  readonly validationData?: DataSource;
  /** Rows on a gradient tape at once: bounds memory, does not change the result. Default: what `memoryBudget` holds. */
  readonly microBatchSize?: number;
  /**
   * Bytes of tensors that a replica's training pass may take beside the weights; the size of micro-batches follows from it, the
   * same on every machine. Default 512 MiB.
   */
  readonly memoryBudget?: number;
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
  signal: optional(ABORT_SIGNAL),
  replicas: optional(either(COUNT, OBJECT)),
  setup: optional(OBJECT),
};

/** @throws TypeError or RangeError for what `fit` cannot take. */
export function requireFitOptions(
  task: Task,
  optimizer: tf.Optimizer,
  source: DataSource,
  options: FitOptions,
): void {
  requireOptions("fit", options, CHECKS);
  requireTask("fit", task);
  requireOptions("fit", { optimizer }, { optimizer: OPTIMIZER });
  requireSource("fit", source);
  const { epochs, initialEpoch = 0, validationData } = options;
  if (initialEpoch >= epochs) {
    throw new RangeError(`fit: initialEpoch must be an integer in [0, ${epochs}), got ${initialEpoch}`);
  }
  if (validationData !== undefined) requireSource("fit: validationData", validationData);
  if (options.setup !== undefined) {
    const module = check("a URL", (value) => typeof value === "string" || value instanceof URL);
    requireOptions("fit: setup", options.setup, { module, data: ANY });
  }
  if (options.checkpoint !== undefined) requireCheckpointOptions(options.checkpoint);
}
