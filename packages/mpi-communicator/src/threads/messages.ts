import type { Handle } from "../mpi/abi.ts";

/** What the thread that calls MPI starts with. */
export interface MpiStart {
  readonly library: string | undefined;
  readonly family: "Open MPI" | "MPICH" | "any";
  readonly launcher: string;
  /** Number of processes that the launcher tells. */
  readonly size: number | undefined;
  readonly host: string;
  /** Shared with the main thread, which waits while MPI is initialized; see `stillness.ts`. */
  readonly stillness: Int32Array;
}

/** What the ranks know of each other after `MPI_Init_thread`. */
export interface Started {
  readonly rank: number;
  readonly hosts: readonly string[];
  /** Path of the library. */
  readonly path: string;
  /** A communicator of the same ranks, for the watch alone. */
  readonly watched: Handle;
}

/** An operation, numbered so that its reply finds it. */
export type Operation =
  | { readonly kind: "allreduce"; readonly values: Float32Array; readonly isCompressed: boolean }
  | { readonly kind: "broadcast"; readonly values: Uint8Array; readonly root: number }
  | { readonly kind: "barrier" }
  | { readonly kind: "close" }
  | { readonly kind: "finalize" };

/** A message to the thread. */
export interface Request {
  readonly id: number;
  readonly operation: Operation;
}

/** A message from the thread: one of number -1 before it initializes MPI, one of number 0 that has `started`, then replies. */
export interface Reply {
  readonly id: number;
  readonly error?: Error;
  readonly started?: Started;
}

/** What the watch starts with. */
export interface WatchStart {
  readonly path: string;
  readonly watched: Handle;
  readonly rank: number;
  readonly hosts: readonly string[];
  readonly timeoutSeconds: number;
}
