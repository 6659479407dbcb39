import { readdir, readFile, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { writeAtomically } from "safetensors-io/node";
import type { CheckpointStorage } from "../checkpoint/storage.ts";
import { lockFolder } from "./lock-folder.ts";

/** Written under this name first; one that a crash left behind is overwritten by the next. */
const TEMPORARY = ".checkpoint.tmp";

/**
 * Checkpoints as files of a folder, which is made when a run begins, and is one run's at a time; see `lockFolder`.
 *
 * Files are written by `writeAtomically`: whatever happens, a name holds the old file or the whole new one.
 *
 * @example
 * const checkpoint = { storage: folderStorage("runs/1/checkpoints"), everySteps: 100 };
 */
export function folderStorage(folder: string): CheckpointStorage {
  return {
    async list() {
      try {
        return (await readdir(folder)).filter((name) => name !== TEMPORARY);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
        throw error;
      }
    },
    async read(name) {
      return new Uint8Array(await readFile(join(folder, name)));
    },
    write: async (name, bytes) => {
      if (basename(name) !== name || name === "..")
        throw new RangeError(
          `folderStorage: a checkpoint's name must be a file's, got ${JSON.stringify(name)}`,
        );
      const temporary = join(folder, TEMPORARY);
      await writeAtomically(join(folder, name), bytes, { temporary, makeFolder: true });
    },
    remove: (name) => rm(join(folder, name), { force: true }),
    lock: () => lockFolder(folder),
  };
}
