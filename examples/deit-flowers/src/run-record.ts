import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeAtomically } from "./files/write-atomically.ts";
import type { RunResult } from "./run-result.ts";
import { UsageError } from "./usage-error.ts";

/** Everything that a finished run has measured, for the report to be made from again. */
const RECORD = "result.json";

/** Keeps a run's result in its folder. */
export async function writeRecord(folder: string, result: RunResult): Promise<void> {
  await writeAtomically(join(folder, RECORD), `${JSON.stringify(result)}\n`);
}

/**
 * The result of a finished run.
 *
 * @throws UsageError naming the file if there is none.
 */
export async function readRecord(folder: string): Promise<RunResult> {
  const file = join(folder, RECORD);
  try {
    return JSON.parse(await readFile(file, "utf8")) as RunResult;
  } catch (error) {
    throw new UsageError(
      `expected the folder of a finished run, could not read ${file}: ${(error as Error).message}`,
    );
  }
}
