import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "../usage-error.ts";

/** In a run's folder while a process trains there: the process' number. */
export const CLAIM: string = "running";

/** Lets go of a run's folder. */
export type Release = () => Promise<void>;

/**
 * Takes a run's folder for this process: two that trained there would write each other's checkpoints and logs. What a process
 * that no longer lives has left is taken over.
 *
 * @throws UsageError if another process has it.
 */
export async function claim(folder: string): Promise<Release> {
  const path = join(folder, CLAIM);
  const holder = Number(await readFile(path, "utf8").catch(() => ""));
  if (holder > 0 && isAlive(holder)) {
    throw new UsageError(
      `--resume: expected a run that is not being trained, got '${folder}', which process ${holder} trains ` +
        `(if it does not, remove '${path}')`,
    );
  }
  await rm(path, { force: true });
  await writeFile(path, `${process.pid}\n`, { flag: "wx" });
  return () => rm(path, { force: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
