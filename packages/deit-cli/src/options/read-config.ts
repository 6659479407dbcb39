import { readFileSync } from "node:fs";
import { suggestion } from "known-options";
import { parseJson } from "../files/parse-json.ts";
import { UsageError } from "../process/usage-error.ts";

/**
 * Options from a JSON file, named as in a run's `settings.json`, which is such a file itself.
 *
 * @param known - Options of the command.
 * @throws UsageError naming the file if it cannot be read, is no JSON object or has a key that the command lacks.
 */
export function readConfig(file: string, known: readonly string[]): Record<string, unknown> {
  const config = readJson(file);
  if (typeof config !== "object" || config === null || Array.isArray(config)) {
    throw new UsageError(`--config: ${file}: expected an object of options, got ${JSON.stringify(config)}`);
  }
  const unknown = Object.keys(config).filter((key) => !known.includes(key));
  if (unknown.length > 0) {
    const list = unknown.map((key) => `'${key}'${suggestion(key, known)}`).join(", ");
    throw new UsageError(`--config: ${file}: expected options of this command only, got ${list}`);
  }
  return config as Record<string, unknown>;
}

function readJson(file: string): unknown {
  try {
    return parseJson(readFileSync(file, "utf8"));
  } catch (error) {
    throw new UsageError(`--config: ${file}: expected JSON, got: ${(error as Error).message}`);
  }
}
