import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { BOOLEAN, MODEL, oneOf, optional, requireArguments, requireOptions } from "known-options";
import { variablesOf } from "tfjs-optim";
import { STORAGE } from "./options.ts";
import { newestCheckpoint, readCheckpoint } from "./read-checkpoint.ts";
import { requireStoredWeights } from "./require-stored.ts";
import type { CheckpointStorage } from "./storage.ts";

/** Options of {@link loadCheckpointWeights}. */
export interface LoadWeightsOptions {
  /** Checkpoint to load; `"best"` is the newest if the run has no best. Default `"newest"`. */
  readonly which?: "newest" | "best";
  /** Whether to load the moving average instead of the weights. Default false. */
  readonly ema?: boolean;
}

/**
 * Loads the weights of a run's checkpoint into a model.
 *
 * @param model - A model of the run's architecture; its variables change in place.
 * @returns Name of the checkpoint.
 * @throws TypeError if an argument has the wrong type. Error without an intact checkpoint, or without an average. RangeError
 * if names or shapes differ or a number is not finite; no weight has changed then.
 *
 * @example
 * ```ts norun
 * await loadCheckpointWeights(model, folderStorage("runs/1/checkpoints"), { which: "best" });
 * ```
 */
export async function loadCheckpointWeights(
  model: tfl.LayersModel,
  storage: CheckpointStorage,
  options: LoadWeightsOptions = {},
): Promise<string> {
  requireOptions("loadCheckpointWeights", options, {
    which: optional(oneOf("newest", "best")),
    ema: optional(BOOLEAN),
  });
  requireArguments("loadCheckpointWeights", { model, storage }, { model: MODEL, storage: STORAGE });
  const { which = "newest", ema = false } = options;
  const newest = await newestCheckpoint(storage, () => {});
  if (newest === undefined) throw new Error("loadCheckpointWeights: expected a checkpoint, got none");
  const best = which === "best" ? newest.state.best?.name : undefined;
  const { name, tensors } =
    best === undefined || best === newest.name ? newest : await readCheckpoint(storage, best);
  const prefix = ema ? "average/" : "model/";
  const stored = tensors.filter((one) => one.name.startsWith(prefix));
  if (stored.length === 0) throw new Error(`loadCheckpointWeights: '${name}' holds no moving average`);
  const variables = variablesOf(model);
  const weights = stored.map((one) => ({ ...one, name: one.name.slice(prefix.length) }));
  requireStoredWeights("loadCheckpointWeights", variables, weights);
  tf.tidy(() => {
    variables.forEach((variable, i) => {
      variable.assign(tf.tensor(weights[i]!.data, variable.shape));
    });
  });
  return name;
}
