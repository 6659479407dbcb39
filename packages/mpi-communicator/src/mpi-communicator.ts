import { hostname } from "node:os";
import { optional, requireOptions, STRING } from "known-options";
import type { MpiCommunicator } from "./communicator.ts";
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
  requireOptions("mpiCommunicator", options, { library: optional(STRING) });
  const launch = launchOf(process.env);
  const host = hostname();
  if (launch === undefined || launch.size === 1) return new OneRank(host);
  return startRanks({ ...launch, library: options.library ?? process.env.MPI_LIBRARY, host });
}
