import { hostname } from "node:os";
import { oneOf, optional, POSITIVE, requireOptions, STRING } from "known-options";
import type { Compression, MpiCommunicator } from "./communicator.ts";
import { launchOf } from "./launch.ts";
import { OneRank } from "./one-rank.ts";
import { startRanks } from "./ranks.ts";

/** Options of {@link mpiCommunicator}. */
export interface MpiOptions {
  /**
   * Path or name of the MPI library. Default: the environment variable `MPI_LIBRARY`, else the first of the usual names that loads
   * (`libmpi.so.40`, `libmpich.so.12`, `libmpi.40.dylib`, …), those of the launcher's MPI first.
   */
  readonly library?: string;
  /**
   * Seconds after which a rank that is not heard ends the run on all ranks: its host, its network or its process is gone. Each rank is
   * heard each second while it computes, saves or waits for however long. Default 10.
   */
  readonly timeoutSeconds?: number;
  /**
   * `"bf16"`: sums of at least 65,536 numbers travel as bfloat16, half the bytes. Each number is rounded to 8 significant bits, added
   * in float32 in the order of ranks, and the sum is rounded again: off by at most 2^-7 of the sum of magnitudes, and equal bits on all.
   * The same on all ranks. Default `"none"`.
   */
  readonly compression?: Compression;
}

/**
 * Returns a communicator over all ranks that `mpirun`, `mpiexec` or `srun` started; one of a single rank, which needs no library, in
 * a process that none of them started.
 *
 * MPI is called in a thread, so that timers, signals and workers of the main thread go on. Values in a `SharedArrayBuffer` are used
 * in place, others are copied. Sums have equal bits on all ranks, and from run to run on as many ranks. An operation that not all
 * ranks call, or of another size, is an error on all of them.
 *
 * @throws TypeError for an unknown option. RangeError if one is out of range.
 * @throws Error if koffi or the MPI library is missing, or if the library is not the launcher's.
 *
 * @example
 * const ranks = await mpiCommunicator(); // a process that mpirun did not start: one rank
 * const sums = new Float32Array([1, 2]);
 * await ranks.allreduce(sums);
 * console.log(ranks.rank, ranks.size, sums); // 0 1 Float32Array(2) [ 1, 2 ]
 * await ranks.close();
 */
export async function mpiCommunicator(options: MpiOptions = {}): Promise<MpiCommunicator> {
  requireOptions("mpiCommunicator", options, {
    library: optional(STRING),
    timeoutSeconds: optional(POSITIVE),
    compression: optional(oneOf("none", "bf16")),
  });
  const launch = launchOf(process.env);
  const host = hostname();
  const { library = process.env.MPI_LIBRARY, timeoutSeconds = 10, compression = "none" } = options;
  if (launch === undefined || launch.size === 1) return new OneRank(host, compression);
  return startRanks({ ...launch, library, host, timeoutSeconds, compression });
}
