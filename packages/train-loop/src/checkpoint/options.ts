import {
  BOOLEAN,
  type Checks,
  COUNT,
  check,
  either,
  FUNCTION,
  OBJECT,
  oneOf,
  optional,
  requireOptions,
  STRING,
} from "known-options";
import type { CheckpointStorage } from "./storage.ts";

/** Options of `fit({ checkpoint })`. */
export interface CheckpointOptions {
  readonly storage: CheckpointStorage;
  /** Save after every so many optimizer steps, besides the end of each epoch; an integer ≥ 1. Default: not within epochs. */
  readonly everySteps?: number;
  /** Newest checkpoints to keep, ≥ 1. Default 3. */
  readonly keep?: number;
  /**
   * The log by which an epoch's checkpoint is the best so far, and is kept too. Default: the highest `val_accuracy`.
   * Without validation no checkpoint is the best.
   */
  readonly best?: { readonly monitor: string; readonly mode: "max" | "min" };
  /**
   * `true` goes on from the newest checkpoint that is whole, or from the start where there is none; `"force"` does so
   * even if settings differ. Default `false`: a storage that holds checkpoints is refused.
   */
  readonly resume?: boolean | "force";
  /**
   * What else decides the run and must be equal on resume: the data's seed, the model's configuration, … Plain data. One that has the name
   * of a setting of the training itself is compared beside it.
   */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Told what happens. A damaged checkpoint is told here and nowhere else. */
  readonly onEvent?: (event: CheckpointEvent) => void;
}

/** What a run did with its checkpoints. */
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
    }
  /** It was not used; the one before it was tried. */
  | { readonly kind: "damaged"; readonly name: string; readonly reason: string };

const STORAGE_METHODS = ["list", "read", "write", "remove"] as const;

const CHECKS: Checks<CheckpointOptions> = {
  storage: check(`a CheckpointStorage { ${STORAGE_METHODS.join(", ")} }`, (value) =>
    STORAGE_METHODS.every((name) => typeof (value as CheckpointStorage | null)?.[name] === "function"),
  ),
  everySteps: optional(COUNT),
  keep: optional(COUNT),
  best: optional(OBJECT),
  resume: optional(either(BOOLEAN, oneOf("force"))),
  settings: optional(OBJECT),
  onEvent: optional(FUNCTION),
};

/** @throws TypeError or RangeError for what `fit({ checkpoint })` cannot take. */
export function requireCheckpointOptions(options: CheckpointOptions): void {
  requireOptions("fit: checkpoint", options, CHECKS);
  if (options.best === undefined) return;
  requireOptions("fit: checkpoint.best", options.best, { monitor: STRING, mode: oneOf("max", "min") });
}
