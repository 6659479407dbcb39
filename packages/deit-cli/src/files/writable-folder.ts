import { accessSync, constants, existsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { UsageError } from "../process/usage-error.ts";

/** @throws UsageError unless the folder, or the first above it that exists, can be written to. */
export function requireWritableFolder(option: string, folder: string): void {
  let at = resolve(folder);
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at);
  try {
    if (!statSync(at).isDirectory()) throw new Error("it is no folder");
    accessSync(at, constants.W_OK);
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message;
    throw new UsageError(
      `${option}: expected a folder that can be written to, got '${folder}': ${at}: ${reason}`,
    );
  }
}
