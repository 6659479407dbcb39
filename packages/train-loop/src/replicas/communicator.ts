/** What a broadcast moves: the bytes of any typed array. */
export type Buffered = ArrayBufferView;

/**
 * What the replicas of one training say to each other, in MPI's terms. All ranks call the same operations in the same
 * order; each resolves when this rank may use its `values` again.
 *
 * Rank 0 runs `fit`, the others `serveReplica`. {@link FitOptions} `replicas: n` makes threads of this process
 * that talk through shared memory; anything else with these five members (processes of several hosts over an MPI
 * library, say) can be given in their place.
 *
 * @see https://www.mpi-forum.org/docs/mpi-4.1/mpi41-report.pdf, chapter 6
 */
export interface Communicator {
  /** This one's number, in [0, size). */
  readonly rank: number;
  readonly size: number;
  /** Every rank's `values` become the sum over the ranks, added in their order: the same bits on all of them. */
  allreduce(values: Float32Array): Promise<void>;
  /** Every rank's `values` become those of `root`; as many bytes on each. */
  broadcast(values: Buffered, root: number): Promise<void>;
  /** Resolves when all ranks have come here. */
  barrier(): Promise<void>;
}

/** The bytes of a typed array, not copied. */
export function bytesOf({ buffer, byteOffset, byteLength }: Buffered): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
