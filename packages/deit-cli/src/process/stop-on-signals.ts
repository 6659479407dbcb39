import { Interrupted } from "./interrupted.ts";

/** Programs that start this one pass on a signal that it has received already: one so soon after the first is the same. */
const ECHO_MS = 1000;

/**
 * Stops the run on Ctrl-C (SIGINT), SIGTERM, and the loss of the terminal (SIGHUP: its window closed, its connection lost).
 *
 * @param say - Called once, with a line for people.
 * @returns Aborted with `Interrupted` by the first signal. A second SIGINT or SIGTERM ends the process at once, with code 130; a
 * second SIGHUP does not, because a closed terminal may send several.
 */
export function stopOnSignals(say: (line: string) => void): AbortSignal {
  const controller = new AbortController();
  let stoppedAt: number | undefined;
  const stop = (signal: NodeJS.Signals): void => {
    if (stoppedAt !== undefined) {
      if (signal !== "SIGHUP" && performance.now() - stoppedAt > ECHO_MS) process.exit(130);
      return;
    }
    stoppedAt = performance.now();
    say("stopping after this step; press Ctrl-C again to quit now");
    controller.abort(new Interrupted("stopped"));
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);
  return controller.signal;
}
