import type { CheckpointStorage } from "../checkpoint/storage.ts";
import { storageOf } from "./entries.ts";
import { namesOf, SWAP_FILE } from "./place.ts";

/**
 * Returns a storage of checkpoints in a folder of the origin's private file system (OPFS), for pages and Workers. The
 * folder is created when a run begins and locked by it, by Web Locks: two tabs cannot train into it.
 *
 * An entry is replaced when all of its bytes are written, so a tab that is closed in between leaves the former one. What
 * is left of a first write that did not end is not listed, and removed by the next run.
 *
 * @param path - Names of folders with `/` between them.
 * @throws TypeError if `path` is not one. Error if the browser has no such file system or cannot replace its files
 * (Safari before 26): use {@link indexedDbStorage} or {@link browserStorage} there. Later: Error if there is no room, with
 * what was needed and is free; what was stored before stays.
 *
 * @example
 * ```ts norun
 * const checkpoint = { storage: opfsStorage("runs/1"), everySteps: 100, resume: true };
 * ```
 */
export function opfsStorage(path: string): CheckpointStorage {
  const names = namesOf("opfsStorage", { path });
  if (typeof globalThis.navigator?.storage?.getDirectory !== "function") {
    throw new Error(
      "opfsStorage: expected navigator.storage.getDirectory, which browsers give to pages of https and localhost, got none",
    );
  }
  if (!("createWritable" in FileSystemFileHandle.prototype)) {
    throw new Error(
      "opfsStorage: expected a browser that replaces files as a whole (FileSystemFileHandle.createWritable), got one without; use browserStorage",
    );
  }
  /** The folder; `undefined` if it does not exist. */
  const existing = () => ifFound(folderOf(names));
  return storageOf(`opfsStorage(${JSON.stringify(path)})`, {
    async list() {
      const folder = await existing();
      return folder === undefined ? [] : (await filesOf(folder)).whole;
    },
    async read(name) {
      const file = await ifFound((await existing())?.getFileHandle(name));
      return file && new Uint8Array(await (await file.getFile()).arrayBuffer());
    },
    write: async (name, bytes) => replaceFile(await folderOf(names, { create: true }), name, bytes),
    async remove(name) {
      await ifFound((await existing())?.removeEntry(name));
    },
    async begin() {
      const folder = await folderOf(names, { create: true });
      for (const name of (await filesOf(folder)).unfinished) await folder.removeEntry(name);
    },
  });
}

async function folderOf(
  names: readonly string[],
  options: FileSystemGetDirectoryOptions = {},
): Promise<FileSystemDirectoryHandle> {
  let folder = await navigator.storage.getDirectory();
  for (const name of names) folder = await folder.getDirectoryHandle(name, options);
  return folder;
}

/** Names of a folder's files, and of those that a first write left empty, or Chromium beside a file. */
async function filesOf(folder: FileSystemDirectoryHandle) {
  const whole: string[] = [];
  const unfinished: string[] = [];
  for await (const [name, handle] of folder.entries()) {
    if (handle.kind !== "file") continue;
    const isSwap = name.endsWith(SWAP_FILE);
    const file = isSwap ? undefined : await ifFound((handle as FileSystemFileHandle).getFile());
    if (file !== undefined && file.size > 0) whole.push(name);
    else if (isSwap || file !== undefined) unfinished.push(name); // else another tab has removed it meanwhile
  }
  return { whole, unfinished };
}

/**
 * Bytes that are written at once. Chromium passes them through a pipe of 512 KiB or more: what does not fit into it fails with an
 * AbortError, and not as a full disk, if the disk is found full meanwhile.
 */
const CHUNK = 256 * 1024;

/** Writes a file beside the former one, which it replaces when it is closed. */
async function replaceFile(folder: FileSystemDirectoryHandle, name: string, bytes: Uint8Array<ArrayBuffer>) {
  const file = await folder.getFileHandle(name, { create: true });
  try {
    const writable = await file.createWritable();
    try {
      for (let start = 0; start < bytes.length; start += CHUNK)
        await writable.write(bytes.subarray(start, start + CHUNK));
      await writable.close();
    } catch (error) {
      await writable.abort().catch(() => {}); // it has failed already
      throw error;
    }
  } catch (error) {
    if ((await file.getFile()).size === 0) await folder.removeEntry(name); // created above
    throw error;
  }
}

/** Resolves with `undefined` if an entry does not exist. */
async function ifFound<T>(found: Promise<T> | undefined): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if ((error as Error).name === "NotFoundError") return undefined;
    throw error;
  }
}
