import { parseCommandLine } from "./cli.ts";
import { Interrupted } from "./interrupted.ts";
import { stopOnSignals } from "./stop-on-signals.ts";
import { terminalOutput } from "./terminal/terminal-output.ts";
import { UsageError } from "./usage-error.ts";

const output = terminalOutput(process.stdout);
const errors = terminalOutput(process.stderr);
const signal = stopOnSignals((line) => void errors.write(`\ndeit-flowers: ${line}\n`));
try {
  const asked = parseCommandLine(process.argv);
  await asked?.command.run({ ...asked, output, signal });
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  errors.write(`deit-flowers: ${message}\n`);
  if (process.argv.includes("--verbose") && error instanceof Error) errors.write(`${error.stack}\n`);
  // What was being opened when the run was stopped may never end by itself.
  if (error instanceof Interrupted) process.exit(130);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
