import { readFileSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../process/usage-error.ts";
import { parseJson } from "../files/parse-json.ts";
import { writeAtomically } from "../files/write-atomically.ts";

/** Keeps the settings of a run in its folder. */
export function writeSettings(folder: string, settings: object): Promise<void> {
  return writeAtomically(join(folder, "settings.json"), `${JSON.stringify(settings, null, 2)}\n`);
}

/** The settings that a run was started with; `option` names what gave its folder. @throws UsageError if there are none. */
export function savedSettings(folder: string, option = "--resume"): Record<string, unknown> {
  const file = join(folder, "settings.json");
  const settings = readJson(file, option);
  if (typeof settings !== "object" || settings === null || Array.isArray(settings)) {
    throw new UsageError(
      `${option}: expected an object of settings in ${file}, got ${JSON.stringify(settings)}`,
    );
  }
  return settings as Record<string, unknown>;
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
