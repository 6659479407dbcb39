import { Interrupted } from "./interrupted.ts";

/** Programs that start this one pass a signal on that it has got itself: so soon after the first it is the same one. */
const ECHO_MS = 1000;

/**
 * Stops the run on Ctrl-C (SIGINT), SIGTERM, and the loss of the terminal (SIGHUP: its window closed, its connection lost).
 *
 * @param say - Told what happens, once.
 * @returns Aborted with `Interrupted` by the first signal. Ctrl-C or SIGTERM after that ends the process at once, with 130; a
 * terminal that goes away tells so more than once, and never does.
 */
export function stopOnSignals(say: (line: string) => void): AbortSignal {
  const stop = new AbortController();
  let askedAt: number | undefined;
  const ask = (signal: NodeJS.Signals): void => {
    if (askedAt !== undefined) {
      if (signal !== "SIGHUP" && performance.now() - askedAt > ECHO_MS) process.exit(130);
      return;
    }
    askedAt = performance.now();
    say("stopping after this step; press Ctrl-C again to quit now");
    stop.abort(new Interrupted("stopped"));
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, ask);
  return stop.signal;
}
