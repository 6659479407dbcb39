import { mpiCommunicator } from "mpi-communicator";
import { RunRanks } from "./run-ranks.ts";

/**
 * The ranks, if `mpirun` or another launcher started several processes.
 *
 * @throws Error if MPI or what calls it is missing, or of another launcher.
 */
export async function startRanks(): Promise<RunRanks | undefined> {
  const communicator = await mpiCommunicator();
  if (communicator.size === 1) return undefined;
  return RunRanks.start(communicator);
}

/** Number of this process by the environment of its launcher, where MPI does not start. */
export function launchedRank(env: NodeJS.ProcessEnv = process.env): number {
  return Number(env.OMPI_COMM_WORLD_RANK ?? env.PMIX_RANK ?? env.PMI_RANK ?? env.SLURM_PROCID ?? 0);
}
