import { Worker } from "node:worker_threads";
import type { WatchStart } from "./messages.ts";

/** The watch over the ranks, in its thread. */
export interface Watch {
  /** Takes leave of the other ranks' watches, when all close, and ends the thread. */
  stop(): Promise<void>;
}

/**
 * Starts the watch. It does not keep the process alive.
 *
 * @param fail - Called if the thread itself fails.
 */
export async function startWatch(start: WatchStart, fail: (error: Error) => void): Promise<Watch> {
  const worker = new Worker(new URL("./watch-worker.js", import.meta.url), {
    name: "MPI watch",
    workerData: start,
    execArgv: [],
  });
  worker.on("error", fail);
  const message = (): Promise<void> => new Promise((resolve) => worker.once("message", () => resolve()));
  await message();
  worker.unref();
  return {
    stop: async () => {
      worker.ref();
      const over = message();
      worker.postMessage("stop");
      await over;
      await worker.terminate();
    },
  };
}
