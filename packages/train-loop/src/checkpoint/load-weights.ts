import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { BOOLEAN, oneOf, optional, requireOptions } from "known-options";
import { variablesOf } from "tfjs-optim";
import { newestCheckpoint, readCheckpoint } from "./read-checkpoint.ts";
import { requireStoredWeights } from "./require-stored.ts";
import type { CheckpointStorage } from "./storage.ts";

/** Options of {@link loadCheckpointWeights}. */
export interface LoadWeightsOptions {
  /** `"best"` is the newest where a run had no best one. Default `"newest"`. */
  readonly which?: "newest" | "best";
  /** The moving average in the place of the model's own weights. Default `false`. */
  readonly ema?: boolean;
}

/**
 * Gives a model the weights of a run's checkpoint.
 *
 * @param model - Of the run's architecture; its variables change in place.
 * @returns Name of the checkpoint.
 * @throws Error if there is none that is whole, or none with an average. RangeError if names or shapes are not the model's, or a
 * number is not finite: no weight has changed then.
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
