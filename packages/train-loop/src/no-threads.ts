import type { startThreads as start } from "./node/threads/start-threads.ts";

/** Stands where Node's threads are not, in browsers. */
export const startThreads: typeof start = () => {
  throw new Error("fit: replicas need Node's worker threads, which are not here; leave replicas at 1");
};
