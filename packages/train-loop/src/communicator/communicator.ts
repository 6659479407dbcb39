/** Values of a broadcast: any typed array. */
export type Buffered = ArrayBufferView;

/**
 * Communication between programs, or threads, that train together, in MPI's terms. All ranks call the same operations in the same
 * order; each resolves when this rank may use its `values` again. A rank may call the next one before that: it waits for its turn.
 *
 * The option `communicator` of `fit` takes any object with these five members, such as that of `mpi-communicator`. The threads of the
 * option `replicas` communicate by one of their own, through shared memory, or transferred memory where a page may not share it.
 *
 * @see https://www.mpi-forum.org/docs/mpi-4.1/mpi41-report.pdf, chapter 6
 */
export interface Communicator {
  /** Number of this rank, in [0, size). */
  readonly rank: number;
  /** Number of ranks. */
  readonly size: number;
  /** Replaces every rank's `values` by their sum: equal bits on all ranks, and in every run with as many ranks. */
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
