import type * as tfl from "@tensorflow/tfjs-layers";
import type { Communicator } from "../../communicator/communicator.ts";
import type { ReplicaModule, ReplicaWorkers } from "../replica-setup.ts";

/** Threads of this process or page as ranks 1 to n; this thread is rank 0. */
interface Threads {
  readonly communicator: Communicator;
  /** Terminates the threads. */
  close(): Promise<void>;
}

/**
 * Starts the replicas' threads: Node's or a browser's, by the condition under which `#threads` is imported. If one ends or
 * throws before `close`, all operations of the communicator are rejected with an Error that names it and the reason.
 *
 * @param replicas - Number of replicas, ≥ 1.
 * @throws Error if the setup is not for this platform.
 */
export type StartThreads = (
  replicas: number,
  setup: ReplicaModule | ReplicaWorkers,
  model: tfl.LayersModel,
) => Threads;

/** Properties of a replica that its thread starts with. */
export interface ReplicaStart {
  readonly rank: number;
  readonly size: number;
  readonly data: unknown;
  /** Topology of the model as tfjs' JSON. */
  readonly topology: string;
}

/** Returns the error of a replica's failure. */
export function replicaError(rank: number, cause: unknown): Error {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new Error(`replica ${rank}: ${message}`, { cause });
}
