import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

/** Command and arguments that run a TypeScript file of this folder. */
function node(file: string): readonly string[] {
  const path = fileURLToPath(new URL(file, import.meta.url));
  return [process.execPath, "--import", "tsx", "--conditions=@deit/source", path];
}

/** A line that the program printed. */
export type Line = Readonly<Record<string, unknown>> & { readonly rank?: number };

/** What has run. */
export interface Ended {
  readonly code: number | null;
  readonly lines: readonly Line[];
  readonly errors: string;
}

/** Ranks that run. */
export interface Started {
  readonly process: ChildProcess;
  /** Resolves when as many lines have come for which `is` holds. */
  until(count: number, is: (line: Line) => boolean): Promise<readonly Line[]>;
  readonly ended: Promise<Ended>;
}

/** Command that starts ranks on this machine, as root too, and more than there are cores. */
export function openMpi(ranks: number): readonly string[] {
  return ["mpirun.openmpi", "--allow-run-as-root", "--oversubscribe", "-n", String(ranks)];
}

/** The same, by MPICH. */
export function mpich(ranks: number): readonly string[] {
  return ["mpirun.mpich", "-n", String(ranks)];
}

/** Whether a program is missing. In CI (`CONFORMANCE=all`) that is an error. */
export function isMissing(program: string): boolean {
  const isThere = spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;
  if (!isThere && process.env.CONFORMANCE === "all") throw new Error(`${program} is not installed`);
  return !isThere;
}

/** Runs a task of `program.ts`, or another file of this folder, to its end. */
export function run(
  launcher: readonly string[],
  task: string,
  options: object = {},
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return start(launcher, task, options, env).ended;
}

/** Starts the program. What still runs when the test is over is ended. */
export function start(
  launcher: readonly string[],
  task: string,
  options: object = {},
  env: Readonly<Record<string, string>> = {},
): Started {
  const [command, ...args] = [
    ...launcher,
    ...node(task.endsWith(".ts") ? task : "./program.ts"),
    task,
    JSON.stringify(options),
  ];
  const child = spawn(command!, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  const lines: Line[] = [];
  const waiting: (() => void)[] = [];
  let [text, errors] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    const parts = (text + chunk).split("\n");
    text = parts.pop()!;
    for (const part of parts.filter((one) => one.startsWith("{"))) lines.push(JSON.parse(part) as Line);
    for (const look of waiting) look();
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    errors += chunk;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      resolve({ code, lines, errors });
      for (const look of waiting) look();
    });
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return {
    process: child,
    ended,
    until: (count, is) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = lines.filter(is);
          if (found.length >= count) resolve(found);
          else if (child.exitCode !== null)
            reject(new Error(`ended before it printed what is waited for: ${errors}`));
        };
        waiting.push(look);
        look();
      }),
  };
}

/** Whether a process is there, zombies not counted. */
export function isRunning(pid: number): boolean {
  const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" });
  return /^[^Z\s]/.test(stdout.trim());
}
