import { execFileSync } from "node:child_process";
import { basename } from "node:path";

/**
 * Runs pnpm in a folder: the one that started this process, or else `npx pnpm@12`.
 *
 * @returns What it printed on stdout.
 * @throws Error with what it printed, if it fails.
 */
export function pnpm(cwd: string, ...args: string[]): string {
  const parent = process.env.npm_execpath ?? "";
  const [command, ...first] = !/^pnpm(\.[cm]?js|\.exe)?$/.test(basename(parent))
    ? ["npx", "--yes", "pnpm@12"]
    : /\.[cm]?js$/.test(parent)
      ? [process.execPath, parent] // pnpm as a Node program, as Corepack installs it
      : [parent];
  return run(cwd, command!, ...first, ...args);
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
