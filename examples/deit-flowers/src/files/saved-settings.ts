import { readFileSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../usage-error.ts";

/** The settings that a run was started with; `option` names what gave its folder. @throws UsageError if there are none. */
export function savedSettings(folder: string, option = "--resume"): Record<string, unknown> {
  const file = join(folder, "settings.json");
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
  } catch (error) {
    throw new UsageError(
      `${option}: expected the folder of a run, could not read ${file}: ${(error as Error).message}`,
    );
  }
}
