import { hostname } from "node:os";
import { follow } from "./follow/follow.ts";
import { stopOnSignals } from "./process/stop-on-signals.ts";
import { isFirstToReport } from "./ranks/report-late.ts";
import { launchedRank, startRanks } from "./ranks/start-ranks.ts";
import { runCommandLine } from "./run-command-line.ts";
import { terminalOutput } from "./terminal/terminal-output.ts";

const errors = terminalOutput(process.stderr);
const ranks = await startRanks().catch(async (error: Error) => {
  const rank = launchedRank();
  const place = rank === 0 ? "" : `rank ${rank} on ${hostname()}: `;
  if (
    rank === 0 ||
    (await isFirstToReport(
      rank,
      stopOnSignals(() => {}),
    ))
  )
    errors.write(`deit-cli: ${place}${error.message}\n`);
  process.exit(1);
});
if (ranks === undefined || ranks.isRoot) {
  await runCommandLine(process.argv, errors, ranks);
} else {
  console.log = console.info = console.warn = () => {}; // notes of libraries; rank 0 has the same
  const exitCode = await follow(
    ranks,
    stopOnSignals(() => {}),
  );
  await ranks.communicator.close();
  process.exit(exitCode); // threads of an operation that was stopped may keep the process alive
}
