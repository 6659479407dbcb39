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
  /** Finalizes MPI when all ranks have called it. Can be called twice. */
  close(): Promise<void>;
}
