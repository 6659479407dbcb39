import type * as tfl from "@tensorflow/tfjs-layers";
import type { Task } from "../task.ts";

/** The module that builds the task in each replica's thread. */
export interface ReplicaModule {
  /** Its default export is a {@link ReplicaSetup}. A URL, absolute: `new URL("./student.js", import.meta.url)`. */
  readonly module: URL | string;
  /** Given to it; what a thread can be sent (structured clone). */
  readonly data?: unknown;
}

/** What a {@link ReplicaSetup} is called with. */
export interface ReplicaContext<Data = unknown> {
  /** In [1, size): rank 0 hands out the work. */
  readonly rank: number;
  readonly size: number;
  /** As given in {@link ReplicaModule}. */
  readonly data: Data;
  /**
   * The model that `fit` trains, from its topology; its weights come before the first step. The module must have
   * registered the classes of its layers: import the packages that they come from.
   */
  model(): Promise<tfl.LayersModel>;
}

/**
 * Starts a backend and builds the same task as the main thread's.
 * Layers that draw random numbers (`StochasticDepth`) must have the main model's names: draws depend on them.
 */
export type ReplicaSetup<Data = unknown> = (context: ReplicaContext<Data>) => Task | Promise<Task>;
