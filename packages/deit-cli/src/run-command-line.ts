import { parseCommandLine } from "./cli.ts";
import { askedHelp } from "./help/asked-help.ts";
import { Interrupted } from "./process/interrupted.ts";
import { stopOnSignals } from "./process/stop-on-signals.ts";
import { UsageError } from "./process/usage-error.ts";
import type { RunRanks } from "./ranks/run-ranks.ts";
import type { LineOutput } from "./terminal/live-line.ts";
import { terminalOutput } from "./terminal/terminal-output.ts";

/**
 * Runs the program: its only process, or rank 0 of several, which tells the others. Sets the exit code, or ends the process where work
 * under way may keep it alive. An error of rank 0 in the midst of a training on all ranks ends them all at once.
 */
export async function runCommandLine(
  argv: readonly string[],
  errors: LineOutput,
  ranks: RunRanks | undefined,
): Promise<void> {
  const terminal = terminalOutput(process.stdout);
  // mpirun's terminal is one of each process, whose lines it passes on to a file too.
  const output = ranks === undefined ? terminal : { write: (text: string) => terminal.write(text) };
  // A launcher sends SIGTERM to the ranks also where one of them has failed: only an end that all agree on is said.
  const signal = stopOnSignals((line) => {
    if (ranks === undefined) errors.write(`\ndeit-cli: ${line}\n`);
  });
  const end = async (exitCode: number, words = ""): Promise<void> => {
    await ranks?.tell({ kind: "end", exitCode }); // never resolves where a rank is gone
    errors.write(words);
    await ranks?.communicator.close();
  };
  try {
    const help = askedHelp(argv.slice(2), output.columns ?? (Number(process.env.COLUMNS) || 80));
    if (help !== undefined) output.write(help);
    else {
      const parsed = parseCommandLine(argv);
      const { name, trainsOnRanks } = parsed.command;
      if (ranks !== undefined && trainsOnRanks !== true)
        throw new UsageError(
          `${name}: expected one process, got ${ranks.communicator.size}: of all commands only train and teacher run under mpirun`,
        );
      await parsed.command.run({ ...parsed, output, signal, ...(ranks && { ranks }) });
    }
    await end(0);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const trace = argv.includes("--verbose") && error instanceof Error ? `${error.stack}\n` : "";
    if (ranks?.isTogether) {
      errors.write(trace);
      ranks.communicator.abort(error);
    }
    const words = `deit-cli: ${message}\n${trace}`;
    if (error instanceof Interrupted) {
      await end(130, words);
      process.exit(130); // files or connections that were being opened may keep the process alive
    }
    errors.write(words);
    const exitCode = error instanceof UsageError ? 2 : 1;
    await end(exitCode);
    process.exitCode = exitCode;
  }
}
