import { execFile, execFileSync } from "node:child_process";
import { basename } from "node:path";
import { promisify } from "node:util";

/**
 * Runs pnpm in a folder: the one that started this process, or else `npx pnpm@12`.
 *
 * @returns What it printed on stdout.
 * @throws Error with what it printed, if it fails.
 */
export function pnpm(cwd: string, ...args: string[]): string {
  return run(cwd, ...pnpmProcess(), ...args);
}

/** The command that starts pnpm, and its first arguments: the one that started this process, or else `npx pnpm@12`. */
export function pnpmProcess(): [string, ...string[]] {
  const parent = process.env.npm_execpath ?? "";
  if (!/^pnpm(\.[cm]?js|\.exe)?$/.test(basename(parent))) return ["npx", "--yes", "pnpm@12"];
  return /\.[cm]?js$/.test(parent)
    ? [process.execPath, parent] // pnpm as a Node program, as Corepack installs it
    : [parent];
}

/**
 * Runs a command in a folder.
 *
 * @returns What it printed on stdout.
 * @throws Error with what it printed, if it fails.
 */
export function run(cwd: string, command: string, ...args: string[]): string {
  try {
    return execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    throw new Error(`${[command, ...args].join(" ")} failed in ${cwd}\n${stdout}${stderr}`, { cause: error });
  }
}

/** {@link run}, while this process goes on, for instance to answer the command; with an environment of its own. */
export async function runProcess(
  cwd: string,
  env: NodeJS.ProcessEnv,
  command: string,
  ...args: string[]
): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(command, args, { cwd, env, maxBuffer: 2 ** 26 });
    return stdout;
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    throw new Error(`${[command, ...args].join(" ")} failed in ${cwd}\n${stdout}${stderr}`, { cause: error });
  }
}
