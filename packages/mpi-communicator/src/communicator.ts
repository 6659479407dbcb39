import type { Communicator } from "train-loop";

/** `"bf16"`: as bfloat16, half the bytes. `"none"`: as they are. */
export type Compression = "none" | "bf16";

/** Communicator over MPI. */
export interface MpiCommunicator extends Communicator {
  /** Name of this rank's host. */
  readonly host: string;
  /** Names of all ranks' hosts, by rank. */
  readonly hosts: readonly string[];
  /**
   * How sums of at least 65,536 numbers travel, as in the option of this name. Set between operations, to the same on all ranks, it
   * holds from the next one on.
   */
  compression: Compression;
  /**
   * Ends all ranks at once, with exit code 1: prints `rank 2 on host-b: message` to stderr and calls `MPI_Abort`. Does not return. So it
   * does until `close` has resolved.
   *
   * @throws Error after that, when there are no ranks to end, with `error` as its cause.
   */
  abort(error: unknown): never;
  /**
   * Finalizes MPI when all ranks have called it. Can be called twice. Not for a `finally`: where one rank has failed, the others are in
   * the midst of something else, and the error of `close` would hide the first.
   */
  close(): Promise<void>;
}
