import { parseCommandLine } from "./cli.ts";
import { askedHelp } from "./help/asked-help.ts";
import { Interrupted } from "./process/interrupted.ts";
import { stopOnSignals } from "./process/stop-on-signals.ts";
import { UsageError } from "./process/usage-error.ts";
import { terminalOutput } from "./terminal/terminal-output.ts";

const output = terminalOutput(process.stdout);
const errors = terminalOutput(process.stderr);
const signal = stopOnSignals((line) => void errors.write(`\ndeit-cli: ${line}\n`));
try {
  const help = askedHelp(process.argv.slice(2), output.columns ?? (Number(process.env.COLUMNS) || 80));
  if (help !== undefined) output.write(help);
  else {
    const parsed = parseCommandLine(process.argv);
    await parsed.command.run({ ...parsed, output, signal });
  }
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  errors.write(`deit-cli: ${message}\n`);
  if (process.argv.includes("--verbose") && error instanceof Error) errors.write(`${error.stack}\n`);
  // Files or connections that were being opened may keep the process alive.
  if (error instanceof Interrupted) process.exit(130);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
