import { readFileSync } from "node:fs";
import { suggestion } from "known-options";
import { parseJson } from "../files/parse-json.ts";
import { UsageError } from "../process/usage-error.ts";
import { type Edits, leavesOf } from "./edits.ts";

/**
 * Settings from a JSON file, grouped as in a run's `settings.json`, which is such a file itself; null leaves a preset's value out.
 *
 * @param known - Paths, and groups of them, that the command has.
 * @throws UsageError naming the file if it cannot be read, is not a JSON object or has a setting that the command lacks.
 */
export function readConfig(file: string, known: readonly string[]): Edits {
  const config = readJson(file);
  if (typeof config !== "object" || config === null || Array.isArray(config))
    throw new UsageError(`--config: ${file}: expected an object of settings, got ${JSON.stringify(config)}`);
  const edits = leavesOf(config);
  const isKnown = (path: string): boolean => known.some((one) => `${path}.`.startsWith(`${one}.`));
  const unknown = Object.keys(edits).filter((path) => !isKnown(path));
  if (unknown.length > 0) {
    const hint = (path: string): string => {
      const grouped = known.filter((one) => one.endsWith(`.${path}`));
      return suggestion(path, grouped.length > 0 ? grouped : known);
    };
    const list = unknown.map((path) => `'${path}'${hint(path)}`).join(", ");
    throw new UsageError(`--config: ${file}: expected settings of this command only, got ${list}`);
  }
  return edits;
}

function readJson(file: string): unknown {
  try {
    return parseJson(readFileSync(file, "utf8"));
  } catch (error) {
    throw new UsageError(`--config: ${file}: expected JSON, got: ${(error as Error).message}`);
  }
}
