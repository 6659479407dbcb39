import type * as tfl from "@tensorflow/tfjs-layers";
import { COUNT, MODEL, optional, requireArguments, requireOptions, STRING } from "known-options";
import { saveArtifacts } from "named-weights/node";
import { CHECKS, type ToGraphModelOptions, toGraphModel } from "./to-graph-model.ts";

/** Options of {@link saveGraphModel}. */
export interface SaveGraphModelOptions extends ToGraphModelOptions {
  /** Largest weight file in bytes; browsers cache files of this size. Default 4 MiB, as tfjs' converter has it. */
  readonly shardBytes?: number;
}

const MIB = 2 ** 20;

/**
 * Converts a tfjs layers model to a graph model and saves it in a folder: `model.json` and `group1-shard1of1.bin` and so on, which
 * `tf.loadGraphModel` reads over HTTP, and tfjs-node from `file://`.
 *
 * At any time the folder holds the old model or the new one, whole: `model.json` is replaced last. It has the SHA-256 of each file.
 *
 * @param folder - Created if it does not exist.
 * @throws As {@link toGraphModel}, before anything is written. Error of the file system that names the file; the old model stays.
 *
 * @example
 * import { vit } from "deit-model";
 *
 * const student = vit({ imageSize: 16, patchSize: 8, dim: 12, depth: 1, heads: 3, classes: 5 });
 * await saveGraphModel(student, "tfjs", { inputNames: ["pixel_values"], outputNames: ["logits"] });
 */
export async function saveGraphModel(
  model: tfl.LayersModel,
  folder: string,
  options: SaveGraphModelOptions = {},
): Promise<void> {
  requireOptions("saveGraphModel", options, {
    ...CHECKS,
    shardBytes: optional(COUNT),
  });
  requireArguments("saveGraphModel", { model, folder }, { model: MODEL, folder: STRING });
  const { shardBytes = 4 * MIB, ...others } = options;
  const artifacts = await toGraphModel(model, others);
  await saveArtifacts(folder, artifacts, { shardBytes, weightsName: "group1-shard" });
}
