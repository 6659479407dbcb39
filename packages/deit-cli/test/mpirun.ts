import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const TSX = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));
/** The program, from its sources. */
export const PROGRAM: readonly string[] = [
  ...[process.execPath, "--conditions=@deit/source", "--import", TSX, MAIN],
];

/** Why nothing runs on several ranks here; in CI (`CONFORMANCE=all`) that is an error. */
export function missingMpi(): string | undefined {
  if (spawnSync("sh", ["-c", "command -v mpirun.openmpi"]).status === 0) return undefined;
  if (process.env.CONFORMANCE === "all") throw new Error("mpirun.openmpi is not installed");
  return "mpirun.openmpi missing: apt-get install openmpi-bin";
}

/** What starts ranks on this machine, as root too, and more than there are cores; of one rank nothing does. */
export function mpirun(ranks: number): readonly string[] {
  if (ranks === 1) return [];
  return ["mpirun.openmpi", "--allow-run-as-root", "--oversubscribe", "-n", String(ranks)];
}

/** What a program has printed, and its exit code. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A program that runs. */
export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

const running = new Set<ChildProcess>();

/** Ends what still runs. */
export function endAll(): void {
  for (const child of running) child.kill("SIGKILL");
}

/** Starts a command. */
export function start(
  words: readonly string[],
  { env = {} }: { readonly env?: Readonly<Record<string, string>> } = {},
): Started {
  const [command, ...args] = words;
  const stdio = ["ignore", "pipe", "pipe"] as const;
  const child = spawn(command!, args, { stdio: [...stdio], env: { ...process.env, ...env } });
  let [out, err] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
  running.add(child);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      running.delete(child);
      resolve({ code, out, err });
    });
  });
  return { child, ended };
}

/** Waits until a run's student has taken some steps. @throws Error with what was printed, if it ends before. */
export async function untilTrained(folder: string, steps: number, { ended }: Started): Promise<void> {
  const log = join(folder, "log", "student-alone.jsonl");
  let end: Ended | undefined;
  void ended.then((it) => (end = it));
  const taken = () => (existsSync(log) ? readFileSync(log, "utf8").split('"event":"step"').length - 1 : 0);
  while (taken() < steps) {
    if (end !== undefined) throw new Error(`expected a training, got its end: ${end.out}${end.err}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Process of a rank, by the environment that its launcher gives it. */
export function processOfRank(rank: number, { child }: Started): number {
  const list = spawnSync("ps", ["-o", "pid=", "--ppid", String(child.pid)], { encoding: "utf8" }).stdout;
  const found = list.split("\n").find((pid) => {
    const file = `/proc/${pid.trim()}/environ`;
    const words = pid.trim() && existsSync(file) ? readFileSync(file, "utf8").split("\0") : [];
    return words.includes(`OMPI_COMM_WORLD_RANK=${rank}`);
  });
  return Number(found);
}

/** Whether a process is there, zombies not counted. */
export function isRunning(pid: number): boolean {
  const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" });
  return /^[^Z\s]/.test(stdout.trim());
}
