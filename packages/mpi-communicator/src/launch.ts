/** What the environment says about how this process was started. */
export interface Launch {
  /** Program that started it, for messages. */
  readonly launcher: string;
  /** Number of processes, where the launcher tells it. */
  readonly size: number | undefined;
  /** Family of MPI libraries that this launcher starts. */
  readonly family: "Open MPI" | "MPICH" | "any";
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Returns how this process was started, or `undefined` if it was not started by a launcher of MPI programs.
 *
 * @throws Error if SLURM started several tasks without MPI: each would train alone.
 */
export function launchOf(env: Environment): Launch | undefined {
  if (env.OMPI_COMM_WORLD_SIZE !== undefined) {
    return { launcher: "Open MPI's mpirun", size: count(env.OMPI_COMM_WORLD_SIZE), family: "Open MPI" };
  }
  const tasks = count(env.SLURM_STEP_NUM_TASKS);
  if (env.PMI_RANK !== undefined || env.PMI_SIZE !== undefined) {
    // Open MPI, where it was not built for PMI-2, ends the process in MPI_Init.
    const launcher = tasks === undefined ? "MPICH's mpiexec" : "srun, with PMI-2";
    return { launcher, size: count(env.PMI_SIZE) ?? tasks, family: "MPICH" };
  }
  if (env.PMIX_RANK !== undefined) return { launcher: "a PMIx launcher", size: tasks, family: "any" };
  if (tasks !== undefined && tasks > 1) {
    throw new Error(
      `mpiCommunicator: srun started ${tasks} tasks without MPI, so that each would run alone; use srun --mpi=pmix, ` +
        "or --mpi=pmi2 with MPICH (srun --mpi=list shows what there is)",
    );
  }
  return undefined;
}

function count(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
