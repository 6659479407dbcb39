import type { Communicator } from "../communicator.ts";
import type { Objective } from "../objective.ts";
import type { ReplicaModule } from "../replica-setup.ts";
import { requireCount } from "../require-count.ts";
import type { Engine } from "./engine.ts";
import { localEngine } from "./local-engine.ts";
import { beginReplicas, replicatedEngine } from "./replicated-engine.ts";

/** Who computes, as `fitDataset` was told. */
export interface ReplicaOptions {
  /**
   * How many compute each batch together, each with a model of its own. A number above 1 starts as many worker threads,
   * each of which builds its trainer by `setup`. A {@link Communicator} is rank 0 of replicas that run `serveReplica`
   * elsewhere. The result does not depend on it beyond float32 rounding. Default 1: this thread.
   */
  readonly replicas?: number | Communicator;
  /** How a worker thread builds its trainer; needed with a number of replicas above 1. */
  readonly setup?: ReplicaModule;
}

/** An engine, and how many share a batch. */
export interface RunningEngine {
  readonly engine: Engine;
  readonly replicas: number;
}

/** @throws RangeError for bad options, before anything is started. */
export async function startEngine(objective: Objective, options: ReplicaOptions): Promise<RunningEngine> {
  const { replicas = 1, setup } = options;
  if (typeof replicas === "number") requireCount("replicas", replicas);
  if (replicas === 1) return { engine: localEngine(objective), replicas: 1 };
  if (typeof replicas === "object") {
    if (replicas.rank !== 0 || replicas.size < 2) {
      throw new RangeError(
        `fitDataset: replicas must be rank 0 of at least 2, got rank ${replicas.rank} of ${replicas.size}`,
      );
    }
    await beginReplicas(objective, replicas);
    return { engine: replicatedEngine(objective, replicas), replicas: replicas.size - 1 };
  }
  if (setup === undefined) {
    throw new RangeError(
      `fitDataset: ${replicas} replicas need a setup, the module that builds each one's trainer; got none`,
    );
  }
  const { startThreads } = await import("#threads");
  const threads = startThreads(replicas, setup, objective.model);
  try {
    await beginReplicas(objective, threads.communicator);
  } catch (error) {
    await threads.close();
    throw error;
  }
  const engine = replicatedEngine(objective, threads.communicator);
  return { engine: { ...engine, close: () => threads.close() }, replicas };
}
