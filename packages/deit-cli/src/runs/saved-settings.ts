import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseJson } from "../files/parse-json.ts";
import { writeAtomically } from "../files/write-atomically.ts";
import { type Edits, editsFrom, leavesOf } from "../options/edits.ts";
import { UsageError } from "../process/usage-error.ts";
import { presetOf } from "../settings/resolve-settings.ts";
import type { Settings } from "../settings/settings.ts";

/** Writes a run's settings into its folder, as a configuration file: null stands for what only the preset has. */
export function writeSettings(folder: string, settings: Settings): Promise<void> {
  const file = editsFrom(presetOf(settings.run.preset), settings);
  return writeAtomically(join(folder, "settings.json"), `${JSON.stringify(file, null, 2)}\n`);
}

/** Settings that a run was started with; `option` names what gave its folder. @throws UsageError if there are none. */
export function savedSettings(folder: string, option = "--resume"): Edits {
  const file = join(folder, "settings.json");
  const settings = readJson(file, option);
  if (typeof settings !== "object" || settings === null || Array.isArray(settings)) {
    throw new UsageError(
      `${option}: expected an object of settings in ${file}, got ${JSON.stringify(settings)}`,
    );
  }
  const edits = leavesOf(settings);
  if (edits["run.preset"] === undefined) {
    throw new UsageError(`${option}: expected a run's settings, with run.preset, in ${file}, got none`);
  }
  return edits;
}

function readJson(file: string, option: string): unknown {
  try {
    return parseJson(readFileSync(file, "utf8"));
  } catch (error) {
    throw new UsageError(
      `${option}: expected the folder of a run, could not read ${file}: ${(error as Error).message}`,
    );
  }
}
