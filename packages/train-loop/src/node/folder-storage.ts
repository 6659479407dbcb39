import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { CheckpointStorage } from "../checkpoint/storage.ts";
import { lockFolder } from "./lock-folder.ts";

/** Written under this name first; one that a crash left behind is overwritten by the next. */
const TEMPORARY = ".checkpoint.tmp";

/**
 * Checkpoints as files of a folder, which is made when a run begins, and is one run's at a time; see `lockFolder`.
 *
 * A file is written under another name, flushed to the disk, renamed, and the folder flushed: whatever happens, a name
 * holds the old file or the whole new one.
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
    async write(name, bytes) {
      await mkdir(folder, { recursive: true });
      const temporary = join(folder, TEMPORARY);
      try {
        await writeAndFlush(temporary, bytes);
        await rename(temporary, join(folder, name));
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
      await flushFolder(folder);
    },
    remove: (name) => rm(join(folder, name), { force: true }),
    lock: () => lockFolder(folder),
  };
}

async function writeAndFlush(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, "w");
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes a rename last through a power cut. Windows knows no such thing. */
async function flushFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
