import * as tfl from "@tensorflow/tfjs-layers";
import { FUNCTION, requireArguments } from "known-options";
import type { ReplicaSetup } from "../../replicas/replica-setup.ts";
import { serveReplica } from "../../replicas/serve-replica.ts";
import { type Message, sendThrough } from "../../replicas/threads/messages.ts";
import { Spoke } from "../../replicas/threads/spoke.ts";
import { type Report, unwrapped, type WorkerStart, wrapped } from "./handshake.ts";

/**
 * Runs a replica in this Worker, which `fit` has made by its `setup.worker`: creates the task, then computes its share of
 * each batch until `fit` ends and terminates the Worker. Called once, at any time within `setup.startSeconds`.
 *
 * Other listeners for messages are left alone, so a script may serve several roles, told apart by `self.name`.
 *
 * @param setup - Starts a backend and creates the same task as where `fit` is called. An error of it or of the computation
 * ends `fit`, with its message, and this call.
 * @throws TypeError if `setup` is not a function; Error outside of a Worker, or if it was called before.
 *
 * @example
 * ```ts norun
 * // replica.ts
 * import { vit } from "deit-model";
 * import { classification } from "distill-trainer";
 * import { startBackend } from "tfjs-backends";
 *
 * await serveReplicaWorker(async () => {
 *   await startBackend("wasm");
 *   const model = vit({ imageSize: 32, patchSize: 8, dim: 48, depth: 2, heads: 3, classes: 2 });
 *   return classification({ model });
 * });
 * ```
 */
export async function serveReplicaWorker<Data = unknown>(setup: ReplicaSetup<Data>): Promise<void> {
  requireArguments("serveReplicaWorker", { setup }, { setup: FUNCTION });
  const scope = workerScope();
  if (isServing) throw new Error("serveReplicaWorker: expected one call in a Worker, got another");
  isServing = true;
  const { rank, size, data, topology, port } = await startOf(scope);
  const report = (message: Report) => port.postMessage(message);
  const spoke = new Spoke(rank, size, sendThrough(port));
  port.onmessage = (event: MessageEvent<Message>) => spoke.deliver(event.data);
  try {
    report({ kind: "started", life: await holdLock() });
    const model = async () => tfl.models.modelFromJSON(JSON.parse(topology));
    await serveReplica(spoke, await setup({ rank, size, data: data as Data, model }));
  } catch (error) {
    report({ kind: "failed", error: error instanceof Error ? error : new Error(String(error)) });
  } finally {
    port.close();
  }
}

/** Whether this Worker is a replica already. */
let isServing = false;

/** The part of a dedicated Worker's global scope that is used here. */
interface WorkerScope extends EventTarget {
  postMessage(message: unknown): void;
}

function workerScope(): WorkerScope {
  const { DedicatedWorkerGlobalScope: Scope } = globalThis as {
    DedicatedWorkerGlobalScope?: new () => WorkerScope;
  };
  const scope: unknown = globalThis;
  if (Scope !== undefined && scope instanceof Scope) return scope;
  throw new Error(
    "serveReplicaWorker: expected to be called in a Worker that fit has made by its setup.worker, got another scope",
  );
}

/** Resolves when `fit` says what to do. */
function startOf(scope: WorkerScope): Promise<WorkerStart> {
  const ready = () => scope.postMessage(wrapped({ kind: "ready" }));
  return new Promise((resolve) => {
    const onMessage = (event: Event) => {
      const message = unwrapped(event as MessageEvent);
      if (message === undefined) return;
      event.stopImmediatePropagation();
      if (message.kind === "ask") ready();
      if (message.kind !== "start") return;
      scope.removeEventListener("message", onMessage);
      resolve(message.start);
    };
    scope.addEventListener("message", onMessage);
    ready();
  });
}

/** Holds a lock until this Worker ends. @returns Its name; `undefined` where there are no Web Locks, or the browser denies them. */
async function holdLock(): Promise<string | undefined> {
  const locks = navigator.locks as LockManager | undefined;
  if (locks === undefined) return undefined;
  const name = `train-loop: replica ${crypto.getRandomValues(new Uint32Array(4)).join("-")}`;
  return new Promise((resolve) => {
    const held = () => {
      resolve(name);
      return new Promise<never>(() => {});
    };
    locks.request(name, held).catch(() => resolve(undefined)); // site data is blocked
  });
}
