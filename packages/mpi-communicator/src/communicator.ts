import type { Communicator } from "train-loop";

/** Communicator over MPI. */
export interface MpiCommunicator extends Communicator {
  /** Name of this rank's host. */
  readonly host: string;
  /** Names of all ranks' hosts, by rank. */
  readonly hosts: readonly string[];
  /**
   * Ends all ranks at once, with exit code 1: prints `rank 2 on host-b: message` to stderr and calls `MPI_Abort`. Does not return.
   */
  abort(error: unknown): never;
  /**
   * Finalizes MPI when all ranks have called it. Can be called twice. Not for a `finally`: where one rank has failed, the others are in
   * the midst of something else, and the error of `close` would hide the first.
   */
  close(): Promise<void>;
}
