import { parseCommandLine } from "./cli.ts";
import { Interrupted } from "./interrupted.ts";
import { UsageError } from "./usage-error.ts";

/** Programs that start this one pass a signal on that it has got itself: so soon after the first it is the same one. */
const ECHO_MS = 1000;
const stop = new AbortController();
let askedAt: number | undefined;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    if (askedAt !== undefined && performance.now() - askedAt > ECHO_MS) process.exit(130);
    if (askedAt !== undefined) return;
    askedAt = performance.now();
    process.stderr.write("\ndeit-flowers: stops after this step; once more ends it at once\n");
    stop.abort(new Interrupted("stopped"));
  });
}
try {
  const asked = parseCommandLine(process.argv);
  await asked?.command.run({ ...asked, output: process.stdout, signal: stop.signal });
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`deit-flowers: ${message}\n`);
  if (process.argv.includes("--verbose") && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  if (error instanceof Interrupted) process.exitCode = 130;
  else process.exitCode = error instanceof UsageError ? 2 : 1;
}
