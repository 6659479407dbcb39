import type { BatchPart } from "../step/batch-part.ts";
import type { MemoryUse } from "../step/memory-use.ts";
import type { PassKind } from "./step-vector.ts";

/** Passes over rows of a batch, by this thread or by replicas, in parts of at most `microBatchSize` rows. */
export interface Passes {
  /** Measures the memory of a training pass. */
  measure(): Promise<MemoryUse>;
  /** Updates the replicas' weights to the model's. */
  sync(): Promise<void>;
  /**
   * Computes a part of a batch; writes its results into `vector`, as `step-vector.ts` lays them out.
   *
   * @param onFinal - May be called while the pass still runs, when the gradients from `start` on are final.
   */
  run(
    kind: PassKind,
    part: BatchPart,
    microBatchSize: number,
    step: number,
    vector: Float32Array,
    onFinal: (start: number) => void,
  ): Promise<void>;
  /** Ends the replicas, unless the last pass failed, within which they still are. */
  close(): Promise<void>;
}
