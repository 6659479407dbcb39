import { expect, test } from "vitest";
import { coresOfRank } from "./cores.ts";
import { launcherWords, rankWords } from "./words.ts";

test("a rank has its share of its host's cores, and none of those that it is not bound to", () => {
  expect(coresOfRank(2, 2, 2)).toBe(1);
  expect(coresOfRank(16, 16, 3)).toBe(5);
  expect(coresOfRank(1, 16, 2)).toBe(1); // mpirun -n 2 binds each to a core
  expect(coresOfRank(8, 16, 4)).toBe(4); // more bind each to a socket
  expect(coresOfRank(2, 2, 4)).toBe(1); // --oversubscribe
  expect(coresOfRank(4, 0, 1)).toBe(1); // a system that does not tell
});

test("ranks are described, and started, by host", () => {
  const one = { size: 2, hosts: ["a", "a"] };
  const two = { size: 3, hosts: ["a", "a", "b"] };
  expect([one, two].map(rankWords)).toEqual(["2 on a", "3 on 2 hosts (a 2, b 1)"]);
  const openMpi = { OMPI_COMM_WORLD_SIZE: "3" };
  expect(launcherWords(one, openMpi)).toBe("mpirun -n 2");
  expect(launcherWords(two, openMpi)).toBe("mpirun -n 3 --host a:2,b:1");
  expect(launcherWords(two, { SLURM_STEP_NUM_TASKS: "3", PMIX_RANK: "0" })).toBe("srun -n 3");
  expect(launcherWords(one, { PMI_RANK: "0", PMI_SIZE: "2" })).toBe("mpiexec -n 2");
});
