import { accessSync, constants, existsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { UsageError } from "../process/usage-error.ts";
import { hubNameOf } from "../weights/hub-file.ts";
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
    ["--labels-file", data.labelsFile || undefined, "a CSV or JSON lines"],
    ["--val-data", data.valData, "an archive or a folder of pictures"],
    ["--unlabeled", data.unlabeled, "an archive or a folder of pictures"],
    ["--teacher", run.teacher, "a tfjs layers model, model.json or its folder"],
    ["--weights", weightsPath(model.weights), "a safetensors file, or a name on the Hugging Face Hub"],
    ["--select-from", weightsPath(model.selectFrom), "a safetensors file, or a name on the Hugging Face Hub"],
  ];
  for (const [option, path, expected] of read) {
    if (path !== undefined && !existsSync(path))
      throw new UsageError(`${option}: expected ${expected}, got '${path}', which does not exist`);
  }
  if (run.resume === undefined) {
    requireFolder("--out", run.out);
    const folder = join(run.out, run.name);
    if (existsSync(folder)) throw new UsageError(`--name: expected a new run, got '${folder}', which exists`);
  }
  if (run.storeLogits !== undefined) requireFolder("--store-logits", run.storeLogits);
  if (data.download && data.cache !== undefined) requireFolder("--cache", data.cache);
}

/** A path to check; `undefined` for a hub's name. */
function weightsPath(weights: string | undefined): string | undefined {
  return weights === undefined || hubNameOf(weights) !== undefined ? undefined : weights;
}

/** @throws UsageError unless the folder, or the first above it that exists, can be written to. */
function requireFolder(option: string, folder: string): void {
  let at = resolve(folder);
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at);
  try {
    if (!statSync(at).isDirectory()) throw new Error("it is no folder");
    accessSync(at, constants.W_OK);
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message;
    throw new UsageError(
      `${option}: expected a folder that can be written to, got '${folder}': ${at}: ${reason}`,
    );
  }
}
