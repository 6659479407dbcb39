import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseChecked } from "../files/parse-json.ts";
import { writeAtomically } from "../files/write-atomically.ts";
import { UsageError } from "../process/usage-error.ts";
import { RUN_RESULT, type RunResult } from "./run-result.ts";

/** File with all measurements of a finished run, from which the report can be written again. */
const RECORD = "result.json";

/** Keeps a run's result in its folder. */
export async function writeRecord(folder: string, result: RunResult): Promise<void> {
  await writeAtomically(join(folder, RECORD), `${JSON.stringify(result)}\n`);
}

/**
 * Reads the result of a finished run.
 *
 * @throws UsageError naming the file if it is absent or holds something else.
 */
export async function readRecord(folder: string): Promise<RunResult> {
  const file = join(folder, RECORD);
  try {
    return parseChecked(file, await readFile(file, "utf8"), RUN_RESULT);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === undefined ? message : `could not read ${file}: ${message}`;
    throw new UsageError(`expected the folder of a finished run: ${why}`);
  }
}
