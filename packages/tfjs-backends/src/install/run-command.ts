import { spawnSync } from "node:child_process";

/** Options of {@link runCommand}. */
export interface CommandOptions {
  readonly cwd?: string;
  /** Let the reader of the terminal see what it prints, for what takes long. Default false. */
  readonly show?: boolean;
  /** Remedy if it fails. */
  readonly otherwise: string;
}

/** @returns What the command printed. @throws Error with the command, the end of its output, and what to do. */
export function runCommand(command: string, args: readonly string[], options: CommandOptions): string {
  const { cwd, show = false, otherwise } = options;
  const stdio = show ? ("inherit" as const) : ("pipe" as const);
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", stdio, stdio],
    maxBuffer: 2 ** 28,
  });
  if (status === 0) return stdout ?? "";
  const said = error?.message ?? `${stdout ?? ""}${stderr ?? ""}`.trim().split("\n").slice(-15).join("\n");
  throw new Error(
    `install-tensorflow: ${[command, ...args].join(" ")} failed (${status ?? "did not run"}); ${otherwise}${said ? `\n${said}` : ""}`,
  );
}
