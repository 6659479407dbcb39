import { execFile, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** Command and arguments before the program: a way to start ranks. */
export type Launcher = readonly [command: string, ...args: string[]];

const LONGEST_MS = 300_000;

/** Debian's name where MPICH is installed too, and the usual one. */
const MPIRUN = ["mpirun.openmpi", "mpirun"].find((name) =>
  spawnSync(name, ["--version"], { encoding: "utf8" }).stdout?.includes("Open MPI"),
);

/** Starts ranks of this machine, on whichever cores are free: each is several threads. */
export function ranksHere(count: number): Launcher {
  return [MPIRUN!, "--allow-run-as-root", "--oversubscribe", "--bind-to", "none", "-n", String(count)];
}

/** Starts a process that is a rank by itself. */
export const ALONE: Launcher = ["env"];

/** Why there are no ranks here, if there are none. */
export function missingMpi(): string | undefined {
  return MPIRUN === undefined ? "no mpirun of Open MPI: apt-get install openmpi-bin" : undefined;
}

/** Runs a program of this folder on all ranks; resolves to what rank 0 printed last, as JSON. */
export async function runRanks<Result>(
  [command, ...args]: Launcher,
  program: string,
  task: unknown,
): Promise<Result> {
  const script = fileURLToPath(new URL(program, import.meta.url));
  const node = [process.execPath, "--import", "tsx", "--conditions=@deit/source", script];
  const { stdout } = await promisify(execFile)(command, [...args, ...node, JSON.stringify(task)], {
    maxBuffer: 2 ** 20,
    timeout: LONGEST_MS,
  });
  return JSON.parse(stdout.trim().split("\n").at(-1)!) as Result;
}
