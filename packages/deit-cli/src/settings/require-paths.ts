import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { hubName } from "hub-files";
import { requireWritableFolder } from "../files/writable-folder.ts";
import { UsageError } from "../process/usage-error.ts";
import { isHubModel } from "../weights/hub-model.ts";
import { WEIGHTS } from "../weights/weights-file.ts";
import type { Settings } from "./settings.ts";

/**
 * Checks all paths of a run that is to be trained: what is read exists, and what is written can be. Called before anything is drawn,
 * downloaded or made.
 *
 * @throws UsageError, with the option, for the first path that is wrong.
 */
export function requirePaths({ run, data, model }: Settings): void {
  const read: readonly (readonly [string, string | undefined, string])[] = [
    ["--data", data.path, "an archive or a folder of pictures"],
    ["--labels-file", data.labelsFile || undefined, "a CSV or JSON lines file"],
    ["--val-data", data.valData, "an archive or a folder of pictures"],
    ["--unlabeled", data.unlabeled, "an archive or a folder of pictures"],
    ["--teacher", run.teacher && isHubModel(run.teacher) ? undefined : run.teacher, TEACHERS],
    ["--weights", weightsPath(model.weights), WEIGHTS],
    ["--select-from", weightsPath(model.selectFrom), WEIGHTS],
  ];
  for (const [option, path, expected] of read) {
    if (path !== undefined && !existsSync(path))
      throw new UsageError(`${option}: expected ${expected}, got '${path}', which does not exist`);
  }
  if (data.labelsFile && statSync(data.labelsFile).isDirectory())
    throw new UsageError(
      `--labels-file: expected a CSV or JSON lines file, got the folder '${data.labelsFile}'`,
    );
  if (run.resume === undefined) {
    requireWritableFolder("--out", run.out);
    const folder = join(run.out, run.name);
    if (existsSync(folder)) throw new UsageError(`--name: expected a new run, got '${folder}', which exists`);
  }
  if (run.storeLogits !== undefined) requireWritableFolder("--store-logits", run.storeLogits);
  if (data.download && data.cache !== undefined) requireWritableFolder("--cache", data.cache);
}

/** What a teacher may be, for errors. */
const TEACHERS =
  "a saved model (a Hugging Face folder, ONNX, tfjs, a SavedModel or a run), or hf:owner/name on the Hugging Face Hub";

/** A path to check; `undefined` for a hub's name. */
function weightsPath(weights: string | undefined): string | undefined {
  return weights === undefined || hubName(weights) !== undefined ? undefined : weights;
}
