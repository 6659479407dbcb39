import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { BOOLEAN, oneOf, optional, requireOptions } from "known-options";
import { requireSameShape, variablesOf } from "../variables.ts";
import { newestCheckpoint, readCheckpoint } from "./read-checkpoint.ts";
import type { CheckpointStorage } from "./storage.ts";

/** Options of {@link loadCheckpointWeights}. */
export interface LoadWeightsOptions {
  /** `"best"` is the newest where a run had no best one. Default `"newest"`. */
  readonly which?: "newest" | "best";
  /** The moving average in the place of the model's own weights. Default `false`. */
  readonly average?: boolean;
}

/**
 * Gives a model the weights of a run's checkpoint.
 *
 * @param model - Of the run's architecture; its variables change in place.
 * @returns Name of the checkpoint.
 * @throws Error if there is none that is whole, or none with an average. RangeError if the shapes are not the model's.
 *
 * @example
 * await loadCheckpointWeights(model, folderStorage("runs/1/checkpoints"), { which: "best" });
 */
export async function loadCheckpointWeights(
  model: tfl.LayersModel,
  storage: CheckpointStorage,
  options: LoadWeightsOptions = {},
): Promise<string> {
  requireOptions("loadCheckpointWeights", options, {
    which: optional(oneOf("newest", "best")),
    average: optional(BOOLEAN),
  });
  const { which = "newest", average = false } = options;
  const newest = await newestCheckpoint(storage, () => {});
  if (newest === undefined) throw new Error("loadCheckpointWeights: expected a checkpoint, got none");
  const best = which === "best" ? newest.state.best?.name : undefined;
  const { name, tensors } =
    best === undefined || best === newest.name ? newest : await readCheckpoint(storage, best);
  const prefix = average ? "average/" : "model/";
  const stored = tensors.filter((one) => one.name.startsWith(prefix));
  if (stored.length === 0) throw new Error(`loadCheckpointWeights: '${name}' holds no average`);
  const weights = stored.map(({ data, shape }) => tf.tensor(data, [...shape]));
  try {
    const variables = variablesOf(model);
    requireSameShape("loadCheckpointWeights", variables, weights);
    variables.forEach((variable, i) => {
      variable.assign(weights[i]!);
    });
  } finally {
    tf.dispose(weights);
  }
  return name;
}
