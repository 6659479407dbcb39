import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { Piscina } from "piscina";

/** Runs the exports of `worker.ts` in threads. */
export interface WorkerPool {
  run<Result>(name: "views" | "draw", task: unknown): Promise<Result>;
  /** Ends the threads; tasks under way are rejected. */
  close(): Promise<void>;
}

/**
 * Starts threads that run `worker.ts`, from source or built.
 *
 * @param workers - Threads.
 * @param queued - Tasks a thread may hold. More than one lets it go on while the main thread is too busy to hand out work.
 * @param data - Sent to each thread once; shared memory in it is shared.
 */
export function startPool(workers: number, queued: number, data: unknown): WorkerPool {
  const fromSource = import.meta.url.endsWith(".ts");
  const pool = new Piscina({
    filename: new URL(fromSource ? "./worker.ts" : "./worker.js", import.meta.url).href,
    minThreads: workers,
    maxThreads: workers,
    concurrentTasksPerWorker: queued,
    workerData: data,
    // From source a thread needs what the main thread was started with: TypeScript, and the workspace's sources.
    ...(fromSource && { execArgv: ["--import", typescriptLoader(), "--conditions=@deit/source"] }),
  });
  return {
    run: (name, task) => pool.run(task, { name }),
    close: () => {
      // Piscina emits an error, which would end the process, for a reply that comes after its task was rejected.
      pool.on("error", () => {});
      return pool.destroy();
    },
  };
}

/** A module that makes its thread read TypeScript: tsx's own entry does so on the main thread only. */
function typescriptLoader(): string {
  const require = createRequire(import.meta.url);
  const required = require.resolve("tsx/esm/api"); // its CommonJS build, which cannot register
  const tsx = pathToFileURL(required.replace(/\.cjs$/, ".mjs")).href;
  return `data:text/javascript,import{register}from${JSON.stringify(tsx)};register()`;
}
