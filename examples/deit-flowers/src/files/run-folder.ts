import { mkdir, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { UsageError } from "../usage-error.ts";

/**
 * Makes a run's folder, which must be new, so that a run that cannot be written is refused before it trains.
 *
 * @throws UsageError if it exists. Error naming it if it cannot be made.
 */
export async function makeRunFolder(out: string, name: string): Promise<string> {
  const folder = join(out, name);
  try {
    await mkdir(dirname(folder), { recursive: true });
    await mkdir(folder);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === "EEXIST") throw new UsageError(`--name: expected a new run, got '${folder}', which exists`);
    throw new Error(`${folder}: expected a folder that can be written to, got: ${message}`, { cause });
  }
  return folder;
}

/** Removes a run's folder if nothing was written to it. */
export async function removeIfEmpty(folder: string): Promise<void> {
  await rmdir(folder).catch(() => {}); // it holds something, which stays
}
