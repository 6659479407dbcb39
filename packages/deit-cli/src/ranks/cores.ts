import { availableParallelism, cpus } from "node:os";
import type { MpiCommunicator } from "mpi-communicator";

/** Ranks of each host, by its name. */
export function ranksByHost(hosts: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const host of hosts) counts.set(host, (counts.get(host) ?? 0) + 1);
  return counts;
}

/**
 * Cores of a host for each of its ranks.
 *
 * @param bound - Cores that this process may run on. mpirun binds a process to one core, or to those of a socket, which others share.
 * @param all - Cores of the host.
 */
export function coresOfRank(bound: number, all: number, ranks: number): number {
  return Math.max(1, Math.min(bound, Math.floor(all / ranks)));
}

/** The smallest number of cores that any rank has for itself: all compute with as many threads. */
export async function coresOfEach(communicator: MpiCommunicator): Promise<number> {
  const { rank, size, host, hosts } = communicator;
  const cores = new Float32Array(size);
  cores[rank] = coresOfRank(availableParallelism(), cpus().length, ranksByHost(hosts).get(host) ?? 1);
  await communicator.allreduce(cores);
  return Math.min(...cores);
}
