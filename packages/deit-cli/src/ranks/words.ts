import type { Settings } from "../settings/settings.ts";
import { ranksByHost } from "./cores.ts";
import type { RunRanks } from "./run-ranks.ts";

type Hosts = Pick<RunRanks["communicator"], "size" | "hosts">;

/** `4 on 2 hosts (host-a 2, host-b 2)` */
export function rankWords({ size, hosts }: Hosts): string {
  const counts = [...ranksByHost(hosts)];
  if (counts.length === 1) return `${size} on ${hosts[0]}`;
  return `${size} on ${counts.length} hosts (${counts.map(([host, count]) => `${host} ${count}`).join(", ")})`;
}

/** `, gradients as bf16` */
export function gradientWords({ compression }: Pick<Settings["run"], "compression">): string {
  return compression === undefined ? "" : `, gradients as ${compression}`;
}

/** What starts a program on as many ranks, `mpirun -n 4`: the launcher of this one, as far as its environment tells. */
export function launcherWords({ size, hosts }: Hosts, env: NodeJS.ProcessEnv = process.env): string {
  const counts = [...ranksByHost(hosts)];
  const isOpenMpi = env.OMPI_COMM_WORLD_SIZE !== undefined;
  if (!isOpenMpi && env.SLURM_STEP_NUM_TASKS !== undefined) return `srun -n ${size}`;
  const command = isOpenMpi ? "mpirun" : "mpiexec";
  if (counts.length === 1) return `${command} -n ${size}`;
  const places = isOpenMpi
    ? `--host ${counts.map(([host, count]) => `${host}:${count}`).join(",")}`
    : `-hosts ${counts.map(([host]) => host).join(",")}`;
  return `${command} -n ${size} ${places}`;
}
