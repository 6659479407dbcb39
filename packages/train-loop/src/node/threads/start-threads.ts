import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { Hub } from "../../replicas/threads/hub.ts";
import { type Message, sendThrough } from "../../replicas/threads/messages.ts";
import { type ReplicaStart, replicaError, type StartThreads } from "../../replicas/threads/threads.ts";

/** Data that a thread starts with. */
export interface ThreadData extends ReplicaStart {
  readonly module: string;
}

/** Starts worker threads of Node. */
export const startThreads: StartThreads = (replicas, setup, model) => {
  if (!("module" in setup)) {
    throw new TypeError(
      "fit: setup.worker makes Workers of browsers; in Node expected setup.module, the URL of a module that creates the task",
    );
  }
  const fromSource = import.meta.url.endsWith(".ts");
  const entry = new URL(fromSource ? "./thread.ts" : "./thread.js", import.meta.url);
  const module = String(setup.module);
  const execArgv = [
    ...(fromSource ? ["--conditions=@deit/source"] : []),
    ...(fromSource || /\.[cm]?tsx?$/.test(module) ? typescriptLoader(module) : []),
  ];
  const topology = model.toJSON(null, true) as string;
  const workers = Array.from({ length: replicas }, (_, i) => {
    const rank = i + 1;
    const workerData: ThreadData = { rank, size: replicas + 1, module, data: setup.data, topology };
    return new Worker(entry, {
      workerData,
      name: `replica ${rank}`,
      ...(execArgv.length > 0 && { execArgv }),
    });
  });
  const hub = new Hub(workers.map((worker) => sendThrough(worker)));
  workers.forEach((worker, i) => {
    const rank = i + 1;
    worker.on("message", (message: Message) => hub.deliver(rank, message));
    worker.on("error", (cause) => hub.fail(replicaError(rank, cause)));
    worker.on("exit", (code) => hub.fail(new Error(`replica ${rank} ended, with exit code ${code}`)));
  });
  return {
    communicator: hub,
    close: async () => void (await Promise.all(workers.map((worker) => worker.terminate()))),
  };
};

/**
 * Returns the arguments that make a thread load TypeScript by tsx, whose own entry works on the main thread only; none if it
 * is not installed, as newer Nodes need none.
 */
function typescriptLoader(module: string): string[] {
  for (const from of [module, import.meta.url]) {
    try {
      const required = createRequire(from).resolve("tsx/esm/api"); // its CommonJS build, which cannot register
      const tsx = pathToFileURL(required.replace(/\.cjs$/, ".mjs")).href;
      return ["--import", `data:text/javascript,import{register}from${JSON.stringify(tsx)};register()`];
    } catch {
      // not installed beside that module
    }
  }
  return [];
}
