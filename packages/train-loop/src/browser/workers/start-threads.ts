import { Hub } from "../../replicas/threads/hub.ts";
import { sendThrough } from "../../replicas/threads/messages.ts";
import type { StartThreads } from "../../replicas/threads/threads.ts";
import { ReplicaWorker } from "./replica-worker.ts";

/** Starts Workers of a browser, from a page or from a Worker. */
export const startThreads: StartThreads = (replicas, setup, model) => {
  if (!("worker" in setup)) {
    throw new TypeError(
      "fit: setup.module is for Node's worker threads; in a browser expected setup.worker, which makes a Worker that calls serveReplicaWorker of train-loop/browser",
    );
  }
  const { worker: makeWorker, data, startSeconds = 60 } = setup;
  const topology = model.toJSON(null, true) as string;
  const channels = Array.from({ length: replicas }, () => new MessageChannel());
  const hub = new Hub(channels.map(({ port1 }) => sendThrough(port1)));
  const started: ReplicaWorker[] = [];
  const close = () => {
    for (const replica of started) replica.close();
  };
  try {
    channels.forEach(({ port1, port2 }, i) => {
      const rank = i + 1;
      const worker = makeWorker(rank);
      requireWorker(rank, worker);
      const replica = new ReplicaWorker(worker, rank, {
        ports: [port1, port2],
        onMessage: (message) => hub.deliver(rank, message),
        onFailure: (error) => hub.fail(error),
      });
      started.push(replica);
      replica.start({ rank, size: replicas + 1, data, topology }, startSeconds);
    });
  } catch (error) {
    close();
    throw error;
  }
  return { communicator: hub, close: async () => close() };
};

function requireWorker(rank: number, worker: Worker): void {
  if (typeof worker?.postMessage !== "function" || typeof worker.terminate !== "function") {
    throw new TypeError(`fit: setup.worker(${rank}) must return a Worker, got ${String(worker)}`);
  }
}
