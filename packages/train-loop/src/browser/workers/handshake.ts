import type { ReplicaStart } from "../../replicas/threads/threads.ts";

/**
 * Key of the messages that pass between a Worker and who made it until they talk through a port of their own. Other
 * listeners of the same Worker, such as Comlink's, do not know it and ignore them.
 */
const KEY = "train-loop/replica";

/** Message through the Worker itself. */
export type Handshake =
  /** Asks a Worker that listens already to say so. */
  | { readonly kind: "ask" }
  /** The Worker listens. */
  | { readonly kind: "ready" }
  | { readonly kind: "start"; readonly start: WorkerStart };

/** What a replica's Worker starts with. */
export interface WorkerStart extends ReplicaStart {
  /** Port to rank 0. */
  readonly port: MessagePort;
}

/** Message of a Worker through the port, besides those of its communicator. */
export type Report =
  /** The Worker has got its start; `life` is the name of the lock that it holds while it lives, where there are locks. */
  | { readonly kind: "started"; readonly life: string | undefined }
  | { readonly kind: "failed"; readonly error: Error };

/** Wraps a message. */
export function wrapped(message: Handshake): Record<string, Handshake> {
  return { [KEY]: message };
}

/** Returns the message in an event; `undefined` if it is another's. */
export function unwrapped({ data }: MessageEvent): Handshake | undefined {
  return typeof data === "object" && data !== null ? (data as Record<string, Handshake>)[KEY] : undefined;
}
