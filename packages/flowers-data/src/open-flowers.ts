import { stat } from "node:fs/promises";
import { ANY, BOOLEAN, COUNT, FUNCTION, optional, requireOptions } from "known-options";
import type { SampleStore } from "./sample-store.ts";
import { archiveTree } from "./tree/archive-tree.ts";
import { folderTree } from "./tree/folder-tree.ts";
import type { TreeNote } from "./tree/notes.ts";
import { readTree } from "./tree/read-tree.ts";

/** Options of {@link openFlowers}. */
export interface OpenFlowersOptions {
  /** Most bytes of all pictures together. Default 4 GiB. */
  readonly maxBytes?: number;
  /** Most bytes of one picture. Default 256 MiB. */
  readonly maxFileBytes?: number;
  /**
   * Whether photos are turned as their EXIF orientation says. Default true; false for tf_flowers (known by its file names), whose
   * photos TensorFlow shows as they are stored.
   */
  readonly upright?: boolean;
  /** Told what was left out and why, one note for each reason. */
  readonly onNote?: (note: TreeNote) => void;
  /** Ends the reading. */
  readonly signal?: AbortSignal;
}

/**
 * Reads labelled pictures into memory, undecoded: `flower_photos.tgz`, or any folder or tar archive with one folder a class.
 *
 * Labels follow TensorFlow Datasets where the classes are its five flowers, the alphabet otherwise. A folder and an archive of it
 * give the same store. A class has all pictures below its folder; hidden files, `__MACOSX`, files that are not pictures and
 * pictures outside a class folder are left out (see `onNote`); links are followed within the folder. Names are in Unicode's
 * composed form (NFC). An archive is never unpacked to disk, and one that unpacks to far more than pictures could is refused.
 *
 * @param path - `.tgz`, `.tar.gz`, `.tar`, or a folder.
 * @throws Error of one line naming the path: absent, neither a file nor a folder, not an archive, cut short, larger than allowed,
 * no class folder, one without pictures, a name twice, parts of a split (`train`, `val`) in the place of classes. The signal's
 * reason if it is aborted.
 *
 * @example
 * const store = await openFlowers("flower_photos.tgz", { onNote: ({ text }) => console.log(text) });
 * console.log(store.size, store.classNames);
 */
export async function openFlowers(path: string, options: OpenFlowersOptions = {}): Promise<SampleStore> {
  requireOptions("openFlowers", options, {
    maxBytes: optional(COUNT),
    maxFileBytes: optional(COUNT),
    upright: optional(BOOLEAN),
    onNote: optional(FUNCTION),
    signal: ANY,
  });
  const { maxBytes = 4 * 2 ** 30, maxFileBytes = 256 * 2 ** 20, upright, onNote, signal } = options;
  signal?.throwIfAborted();
  const info = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    const got = cause.code === "ENOENT" ? "no such file or folder" : cause.message;
    throw new Error(`${path}: expected an archive or a folder of class folders, got ${got}`, { cause });
  });
  if (!info.isDirectory() && !info.isFile()) {
    const got = info.isFIFO() ? "a pipe" : info.isSocket() ? "a socket" : "a device";
    throw new Error(`${path}: expected an archive or a folder of class folders, got ${got}`);
  }
  const source = info.isDirectory() ? folderTree(path, signal) : await archiveTree(path, signal);
  return readTree(source, { maxBytes, maxFileBytes }, upright, onNote);
}
