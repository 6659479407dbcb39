import type * as tfl from "@tensorflow/tfjs-layers";
import type { Task } from "../task.ts";

/** Module that creates the task in each replica's thread, in Node. */
export interface ReplicaModule {
  /** Absolute URL of a module whose default export is a {@link ReplicaSetup}: `new URL("./student.js", import.meta.url)`. */
  readonly module: URL | string;
  /** Data passed to it, cloned (structured clone). */
  readonly data?: unknown;
}

/** Workers that create the task of each replica, in browsers. */
export interface ReplicaWorkers {
  /**
   * Starts a Worker whose script calls `serveReplicaWorker` of `train-loop/browser`; `fit` terminates it. Bundlers find the
   * script if it is written as `new Worker(new URL("./replica.ts", import.meta.url), { type: "module" })`.
   *
   * @param rank - Rank of the replica, in [1, size).
   */
  readonly worker: (rank: number) => Worker;
  /** Data passed to the setup, cloned (structured clone). */
  readonly data?: unknown;
  /** Seconds within which the script must be loaded and call `serveReplicaWorker`. Default 60. */
  readonly startSeconds?: number;
}

/** Argument of a {@link ReplicaSetup}. */
export interface ReplicaContext<Data = unknown> {
  /** Rank of the replica, in [1, size). */
  readonly rank: number;
  /** Number of ranks. */
  readonly size: number;
  /** Data of the {@link ReplicaModule} or {@link ReplicaWorkers}. */
  readonly data: Data;
  /**
   * Creates the model that `fit` trains from its topology; its weights are sent before the first step. The module must
   * register the classes of its layers by importing their packages.
   */
  model(): Promise<tfl.LayersModel>;
}

/**
 * Starts a backend and creates the same task as in the main thread. Layers that draw random numbers (`StochasticDepth`) must
 * have the main model's names.
 */
export type ReplicaSetup<Data = unknown> = (context: ReplicaContext<Data>) => Task | Promise<Task>;
