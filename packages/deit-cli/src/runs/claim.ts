import { FolderLockedError, lockFolder, type Unlock } from "train-loop/node";
import { UsageError } from "../process/usage-error.ts";

/**
 * Locks a run's folder for this process: two processes would overwrite each other's checkpoints and logs. The lock of a killed
 * process is void; see `lockFolder`.
 *
 * @returns A function that unlocks the folder.
 * @throws UsageError if another process has locked it.
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
