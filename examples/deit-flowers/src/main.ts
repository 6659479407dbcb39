import { parseCommandLine } from "./cli.ts";
import { run } from "./run.ts";
import { UsageError } from "./usage-error.ts";

try {
  const settings = parseCommandLine(process.argv);
  if (settings !== undefined) await run(settings, process.stdout);
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`deit-flowers: ${message}\n`);
  if (process.argv.includes("--verbose") && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
