import { existsSync } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { isLockFile } from "train-loop/node";
import { CONTACT_SHEET } from "../data/contact-sheet.ts";
import { SAMPLES } from "../data/write-samples.ts";
import { UsageError } from "../process/usage-error.ts";
import { DATA_RECORD } from "./data-record.ts";

/** Folders of a run's logs: JSON lines by stage, and TensorBoard's event files. */
export const LOG_FOLDERS = ["log", "tensorboard"] as const;

const WORTH_NOTHING_ALONE: readonly string[] = ["settings.json", DATA_RECORD, CONTACT_SHEET, SAMPLES];

/**
 * Makes a run's folder, which must be new, before the training: a run that cannot be written is refused.
 *
 * @throws UsageError if it exists. Error naming it if it cannot be made.
 */
export async function makeRunFolder(out: string, name: string): Promise<string> {
  const folder = join(out, name);
  try {
    await mkdir(out, { recursive: true });
    await mkdir(folder); // of two processes one makes it
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EEXIST" && existsSync(folder))
      throw new UsageError(`--name: expected a new run, got '${folder}', which exists`);
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${folder}: expected a folder that can be written to, got: ${reason}`, { cause });
  }
  return folder;
}

/**
 * Removes a run's folder if it holds only files from before the first step (with `logs: "remove"`, also logs): there is nothing to
 * resume.
 */
export async function removeIfEmpty(
  folder: string,
  { logs }: { readonly logs: "keep" | "remove" },
): Promise<void> {
  const worthless = [...WORTH_NOTHING_ALONE, ...(logs === "remove" ? LOG_FOLDERS : [])];
  const names = await readdir(folder).catch(() => []);
  if (names.every((name) => worthless.includes(name) || isLockFile(name)))
    await rm(folder, { recursive: true, force: true });
}
