import {
  BOOLEAN,
  type Check,
  type Checks,
  COUNT,
  check,
  either,
  FUNCTION,
  OBJECT,
  oneOf,
  optional,
  requireOptions,
} from "known-options";
import { BEST_CHECKS, type BestLog } from "../best-epoch.ts";
import type { CheckpointStorage } from "./storage.ts";

/** Options of `fit({ checkpoint })`. */
export interface CheckpointOptions {
  /** Storage of the checkpoints, such as `folderStorage("runs/1")`. */
  readonly storage: CheckpointStorage;
  /** Optimizer steps between checkpoints within an epoch, an integer ≥ 1. Default: only at the end of each epoch. */
  readonly everySteps?: number;
  /** Number of newest checkpoints to keep, ≥ 1. Default 3. */
  readonly keep?: number;
  /** Log that chooses the best epoch, whose checkpoint is kept too. Default: that of `keepBest`, else the highest `val_accuracy`, if any. */
  readonly best?: BestLog;
  /**
   * Whether to resume from the newest intact checkpoint, if any; `"force"` resumes even if settings differ. Default false: a
   * storage with checkpoints is an error.
   */
  readonly resume?: boolean | "force";
  /**
   * Further settings that must be equal on resume, as plain data: the data's seed, the model's config, … They are compared
   * in addition to the training's own, also under an equal name.
   */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Callback for every event; damaged checkpoints are reported here only. */
  readonly onEvent?: (event: CheckpointEvent) => void;
}

/** Event of a run's checkpoints. */
export type CheckpointEvent =
  | {
      readonly kind: "saved";
      readonly name: string;
      readonly step: number;
      readonly bytes: number;
      readonly milliseconds: number;
    }
  | {
      readonly kind: "resumed";
      readonly name: string;
      readonly step: number;
      readonly epoch: number;
      readonly batch: number;
      /** Number of ranks that saved it, where it is not the number of now: results then differ within float32 rounding. */
      readonly ranks?: number;
    }
  /** A checkpoint could not be read; the previous one was tried. */
  | { readonly kind: "damaged"; readonly name: string; readonly reason: string };

const STORAGE_METHODS = ["list", "read", "write", "remove"] as const;

/** A {@link CheckpointStorage}. */
export const STORAGE: Check = check(`a CheckpointStorage { ${STORAGE_METHODS.join(", ")} }`, (value) =>
  STORAGE_METHODS.every((name) => typeof (value as CheckpointStorage | null)?.[name] === "function"),
);

const CHECKS: Checks<CheckpointOptions> = {
  storage: STORAGE,
  everySteps: optional(COUNT),
  keep: optional(COUNT),
  best: optional(OBJECT),
  resume: optional(either(BOOLEAN, oneOf("force"))),
  settings: optional(OBJECT),
  onEvent: optional(FUNCTION),
};

/** Throws a TypeError or RangeError for invalid options of `fit({ checkpoint })`. */
export function requireCheckpointOptions(options: CheckpointOptions): void {
  requireOptions("fit: checkpoint", options, CHECKS);
  if (options.best === undefined) return;
  requireOptions("fit: checkpoint.best", options.best, BEST_CHECKS);
}
