import { describe, expect, test } from "vitest";
import { launchOf } from "./launch.ts";

describe("a process was started by", () => {
  const cases = [
    { by: "nothing", env: { PATH: "/bin" }, launch: undefined },
    { by: "a batch script of SLURM", env: { SLURM_NTASKS: "4", SLURM_PROCID: "0" }, launch: undefined },
    { by: "srun with one task", env: { SLURM_STEP_NUM_TASKS: "1" }, launch: undefined },
    {
      by: "Open MPI",
      env: { OMPI_COMM_WORLD_SIZE: "4", PMIX_RANK: "1" },
      launch: { launcher: "Open MPI's mpirun", size: 4, family: "Open MPI" },
    },
    {
      by: "MPICH",
      env: { PMI_RANK: "0", PMI_SIZE: "3" },
      launch: { launcher: "MPICH's mpiexec", size: 3, family: "MPICH" },
    },
    {
      by: "srun --mpi=pmi2",
      env: { PMI_RANK: "0", SLURM_STEP_NUM_TASKS: "8" },
      launch: { launcher: "srun, with PMI-2", size: 8, family: "MPICH" },
    },
    {
      by: "srun --mpi=pmix",
      env: { PMIX_RANK: "0", SLURM_STEP_NUM_TASKS: "8" },
      launch: { launcher: "a PMIx launcher", size: 8, family: "any" },
    },
    {
      by: "prun",
      env: { PMIX_RANK: "0" },
      launch: { launcher: "a PMIx launcher", size: undefined, family: "any" },
    },
  ];
  test.each(cases)("$by", ({ env, launch }) => {
    expect(launchOf(env)).toEqual(launch);
  });

  test("srun without MPI: an error, as each task would run alone", () => {
    expect(() => launchOf({ SLURM_STEP_NUM_TASKS: "4", SLURM_PROCID: "2" })).toThrow(
      "mpiCommunicator: srun started 4 tasks without MPI",
    );
  });
});
