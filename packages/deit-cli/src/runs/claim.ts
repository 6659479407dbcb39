import { FolderLockedError, lockFolder, type Unlock } from "train-loop/node";
import { UsageError } from "../process/usage-error.ts";

/**
 * Takes a run's folder for this process: two that trained there would write each other's checkpoints and logs. A process that
 * was killed has its folder no more; see `lockFolder`.
 *
 * @returns Gives the folder back.
 * @throws UsageError if another process has it.
 */
export async function claim(folder: string): Promise<Unlock> {
  try {
    return await lockFolder(folder);
  } catch (error) {
    if (!(error instanceof FolderLockedError)) throw error;
    throw new UsageError(
      `--resume: expected a run that is not being trained, got '${folder}', which another process trains`,
    );
  }
}
