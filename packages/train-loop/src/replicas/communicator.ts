/** Values of a broadcast: any typed array. */
export type Buffered = ArrayBufferView;

/**
 * Communication between the replicas of a training, in MPI's terms. All ranks call the same operations in the same order; each
 * resolves when this rank may use its `values` again.
 *
 * Rank 0 runs `fit`, the others `serveReplica`. The option `replicas: n` of `fit` starts threads that communicate through
 * shared memory, or by transferred memory where a page may not share it; any object with these five members, such as one over an MPI library for several hosts, can be used instead.
 *
 * @see https://www.mpi-forum.org/docs/mpi-4.1/mpi41-report.pdf, chapter 6
 */
export interface Communicator {
  /** Number of this rank, in [0, size). */
  readonly rank: number;
  /** Number of ranks. */
  readonly size: number;
  /** Replaces every rank's `values` by their sum, added in the order of ranks: equal bits on all. */
  allreduce(values: Float32Array): Promise<void>;
  /** Replaces every rank's `values` by those of `root`, of equal size. */
  broadcast(values: Buffered, root: number): Promise<void>;
  /** Resolves when all ranks have called it. */
  barrier(): Promise<void>;
}

/** Returns the bytes of a typed array, not copied. */
export function bytesOf({ buffer, byteOffset, byteLength }: Buffered): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
