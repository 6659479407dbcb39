import { readdir, readFile, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { writeAtomically } from "safetensors-io/node";
import type { CheckpointStorage } from "../checkpoint/storage.ts";
import { lockFolder } from "./lock-folder.ts";

/** Temporary name of a file while it is written; one left by a crash is overwritten. */
const TEMPORARY = ".checkpoint.tmp";

/**
 * Returns a storage of checkpoints in a folder, which is created when a run begins and locked by it; see `lockFolder`.
 *
 * Files are written atomically, by `writeAtomically`.
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
