import { inspect } from "node:util";
import type { Abort } from "./abort.ts";

/**
 * Ends all ranks where this process ends before `close()`: by an exception that nothing catches, a rejection that nothing handles,
 * or `process.exit`. The others would wait for it forever.
 *
 * @returns Removes the hooks.
 */
export function endRanksWithProcess(abort: Abort): () => void {
  const onException = (error: unknown): void => {
    if (process.listenerCount("uncaughtException") > 0) return; // the program handles it itself
    abort(inspect(error));
  };
  const onExit = (code: number): void => {
    abort(`the process ended (exit code ${code}) before close()`, code || 1);
  };
  process.on("uncaughtExceptionMonitor", onException);
  process.on("exit", onExit);
  return () => {
    process.off("uncaughtExceptionMonitor", onException);
    process.off("exit", onExit);
  };
}
