import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../usage-error.ts";

/**
 * The run in `out` whose distilled student was saved last.
 *
 * @throws UsageError if there is none.
 */
export function newestRun(out: string): string {
  const runs = (existsSync(out) ? readdirSync(out) : [])
    .map((name) => join(out, name))
    .map((run) => ({ run, file: join(run, "student-distilled", "model.json") }))
    .filter(({ run, file }) => existsSync(file) && existsSync(join(run, "settings.json")))
    .map(({ run, file }) => ({ run, savedAt: statSync(file).mtimeMs }))
    .sort((a, b) => b.savedAt - a.savedAt);
  if (runs[0] === undefined)
    throw new UsageError(
      `--model: expected a run in '${out}' to take the newest of, got none; run 'train' first`,
    );
  return runs[0].run;
}
