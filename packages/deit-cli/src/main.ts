import { parseCommandLine } from "./cli.ts";
import { Interrupted } from "./process/interrupted.ts";
import { stopOnSignals } from "./process/stop-on-signals.ts";
import { UsageError } from "./process/usage-error.ts";
import { terminalOutput } from "./terminal/terminal-output.ts";

const output = terminalOutput(process.stdout);
const errors = terminalOutput(process.stderr);
const signal = stopOnSignals((line) => void errors.write(`\ndeit-cli: ${line}\n`));
try {
  const asked = parseCommandLine(process.argv);
  await asked?.command.run({ ...asked, output, signal });
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  errors.write(`deit-cli: ${message}\n`);
  if (process.argv.includes("--verbose") && error instanceof Error) errors.write(`${error.stack}\n`);
  // What was being opened when the run was stopped may never end by itself.
  if (error instanceof Interrupted) process.exit(130);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
