import { existsSync } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "../usage-error.ts";

/**
 * Makes a run's folder, which must be new, so that a run that cannot be written is refused before it trains.
 *
 * @throws UsageError if it exists. Error naming it if it cannot be made.
 */
export async function makeRunFolder(out: string, name: string): Promise<string> {
  const folder = join(out, name);
  if (existsSync(folder)) throw new UsageError(`--name: expected a new run, got '${folder}', which exists`);
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${folder}: expected a folder that can be written to, got: ${reason}`, { cause });
  }
  return folder;
}

/** Removes a run's folder if nothing but its settings was written to it. */
export async function removeIfEmpty(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  if (names.every((name) => name === "settings.json")) await rm(folder, { recursive: true, force: true });
}
