import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { runStudent } from "open-classifier";
import { UsageError } from "../process/usage-error.ts";

/**
 * The run in `out` whose student was saved last.
 *
 * @throws UsageError if there is none.
 */
export function newestRun(out: string): string {
  const runs = (existsSync(out) ? readdirSync(out) : [])
    .map((name) => join(out, name))
    .filter((run) => existsSync(join(run, "settings.json")))
    .flatMap((run) => {
      const student = runStudent(run);
      return student === undefined ? [] : [{ run, savedAt: statSync(join(student, "model.json")).mtimeMs }];
    })
    .sort((a, b) => b.savedAt - a.savedAt);
  if (runs[0] === undefined)
    throw new UsageError(
      `--model: expected a run in '${out}' to take the newest of, got none; run 'train' first`,
    );
  return runs[0].run;
}
