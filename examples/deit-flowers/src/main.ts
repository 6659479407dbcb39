import { parseCommandLine } from "./cli.ts";
import { Interrupted } from "./interrupted.ts";
import { run } from "./run.ts";
import { UsageError } from "./usage-error.ts";

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    process.stderr.write("\ndeit-flowers: stops after this step; once more ends it at once\n");
    stop.abort(new Interrupted("stopped"));
  });
}
try {
  const settings = parseCommandLine(process.argv);
  if (settings !== undefined) await run(settings, process.stdout, stop.signal);
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`deit-flowers: ${message}\n`);
  if (process.argv.includes("--verbose") && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  if (error instanceof Interrupted) process.exitCode = 130;
  else process.exitCode = error instanceof UsageError ? 2 : 1;
}
