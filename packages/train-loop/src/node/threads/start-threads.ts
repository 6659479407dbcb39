import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import type * as tfl from "@tensorflow/tfjs-layers";
import type { Communicator } from "../../replicas/communicator.ts";
import type { ReplicaModule } from "../../replicas/replica-setup.ts";
import { Hub } from "./hub.ts";
import type { Message } from "./messages.ts";

/** Data that a thread starts with. */
export interface ThreadData {
  readonly rank: number;
  readonly size: number;
  readonly module: string;
  readonly data: unknown;
  /** Topology of the model as tfjs' JSON. */
  readonly topology: string;
}

/** Threads of this process as ranks 1 to n; this thread is rank 0. */
export interface Threads {
  readonly communicator: Communicator;
  /** Terminates the threads. */
  close(): Promise<void>;
}

/**
 * Starts the replicas' threads. If one ends or throws before `close`, all operations of the communicator are rejected with an
 * Error that names it and the reason.
 *
 * @param replicas - Number of replicas, ≥ 1.
 */
export function startThreads(replicas: number, setup: ReplicaModule, model: tfl.LayersModel): Threads {
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
  const hub = new Hub(workers.map((worker) => (message) => worker.postMessage(message)));
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
}

function replicaError(rank: number, cause: unknown): Error {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new Error(`replica ${rank}: ${message}`, { cause });
}

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
