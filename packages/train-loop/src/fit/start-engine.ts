import { COUNT, requireOptions } from "known-options";
import type { Communicator } from "../communicator/communicator.ts";
import type { Engine } from "../engine/engine.ts";
import { ownEngine } from "../engine/own-engine.ts";
import { vectorEngine } from "../engine/vector-engine.ts";
import { Ranks } from "../ranks/ranks.ts";
import { beginReplicas, replicaPasses } from "../replicas/replica-passes.ts";
import type { ReplicaModule, ReplicaWorkers } from "../replicas/replica-setup.ts";
import type { Task } from "../task.ts";

/** Options of data parallelism. */
export interface ReplicaOptions {
  /**
   * Number of replicas that compute each batch together, each with its own model. A number above 1 starts as many worker
   * threads (in browsers Workers), which create their tasks by `setup`. The result does not depend on it beyond float32 rounding.
   * Default 1: this thread.
   */
  readonly replicas?: number;
  /** What creates a thread's task; required for a number of replicas above 1. In Node a module, in browsers Workers. */
  readonly setup?: ReplicaModule | ReplicaWorkers;
  /**
   * Communicator of several programs, on one machine or more, each of which calls `fit` with equal arguments, such as that of
   * `mpi-communicator`. Each rank computes its rows of every batch, with its `replicas` if it has any; their results are summed, and
   * every rank takes the same step. All begin with rank 0's weights and optimizer state. Callbacks and checkpoints are rank 0's: those
   * of others are not used. The result does not depend on the number of ranks beyond float32 rounding. Default: this program alone.
   */
  readonly communicator?: Communicator;
}

/** Option of a run without replicas. */
export interface CaptureOption {
  /**
   * Whether steps are captured where the backend can (WebGPU with `webgpu-kernels`, without replicas): recorded once and played
   * again without JavaScript, to the same bits, as CUDA graphs. What cannot be captured runs as it is, which a warning says once. Default
   * true.
   */
  readonly capture?: boolean;
}

/** An engine, the number of its replicas, and the ranks whose parts it sums. */
export interface RunningEngine {
  readonly engine: Engine;
  readonly replicas: number;
  readonly ranks: Ranks;
}

/**
 * Starts an engine.
 *
 * @param signal - Signal that tells this rank to stop.
 * @throws RangeError for invalid options, before anything is started.
 */
export async function startEngine(
  caller: string,
  task: Task,
  options: ReplicaOptions & CaptureOption,
  signal: AbortSignal | undefined,
): Promise<RunningEngine> {
  const { replicas = 1, setup, communicator, capture = true } = options;
  requireOptions(caller, { replicas }, { replicas: COUNT });
  const ranks = new Ranks(communicator, signal);
  if (replicas === 1) {
    return { engine: ownEngine(caller, task, ranks, capture), replicas, ranks };
  }
  if (setup === undefined) {
    throw new RangeError(
      `${caller}: ${replicas} replicas need a setup, the module or Worker that builds each one's task; got none`,
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
  const engine = vectorEngine(task, replicaPasses(task, threads.communicator), ranks);
  return { engine: { ...engine, close: () => threads.close() }, replicas, ranks };
}
