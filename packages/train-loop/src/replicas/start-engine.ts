import { COUNT, requireOptions } from "known-options";
import type { Task } from "../task.ts";
import type { Communicator } from "./communicator.ts";
import type { Engine } from "./engine.ts";
import { localEngine } from "./local-engine.ts";
import type { ReplicaModule, ReplicaWorkers } from "./replica-setup.ts";
import { beginReplicas, replicatedEngine } from "./replicated-engine.ts";

/** Options of data parallelism. */
export interface ReplicaOptions {
  /**
   * Number of replicas that compute each batch together, each with its own model. A number above 1 starts as many worker
   * threads (in browsers Workers), which create their tasks by `setup`. A {@link Communicator} is rank 0 of replicas that run `serveReplica`
   * elsewhere. The result does not depend on it beyond float32 rounding. Default 1: this thread.
   */
  readonly replicas?: number | Communicator;
  /** What creates a thread's task; required for a number of replicas above 1. In Node a module, in browsers Workers. */
  readonly setup?: ReplicaModule | ReplicaWorkers;
}

/** An engine and the number of its replicas. */
export interface RunningEngine {
  readonly engine: Engine;
  readonly replicas: number;
}

/** Starts an engine. @throws RangeError for invalid options, before anything is started. */
export async function startEngine(task: Task, options: ReplicaOptions): Promise<RunningEngine> {
  const { replicas = 1, setup } = options;
  if (typeof replicas === "number") requireOptions("fit", { replicas }, { replicas: COUNT });
  if (replicas === 1) return { engine: localEngine(task), replicas: 1 };
  if (typeof replicas === "object") {
    if (replicas.rank !== 0 || replicas.size < 2) {
      throw new RangeError(
        `fit: replicas must be rank 0 of at least 2, got rank ${replicas.rank} of ${replicas.size}`,
      );
    }
    await beginReplicas(task, replicas);
    return { engine: replicatedEngine(task, replicas), replicas: replicas.size - 1 };
  }
  if (setup === undefined) {
    throw new RangeError(
      `fit: ${replicas} replicas need a setup, the module or Worker that builds each one's task; got none`,
    );
  }
  const { startThreads } = await import("#threads");
  const threads = startThreads(replicas, setup, task.model);
  try {
    await beginReplicas(task, threads.communicator);
  } catch (error) {
    await threads.close();
    throw error;
  }
  const engine = replicatedEngine(task, threads.communicator);
  return { engine: { ...engine, close: () => threads.close() }, replicas };
}
