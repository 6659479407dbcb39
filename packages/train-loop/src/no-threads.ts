import type { startThreads as start } from "./node/threads/start-threads.ts";

/** Replacement of Node's threads in browsers. */
export const startThreads: typeof start = () => {
  throw new Error("fit: replicas need Node's worker threads, which are not here; leave replicas at 1");
};
