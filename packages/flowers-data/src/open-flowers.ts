import { stat } from "node:fs/promises";
import { readArchive } from "./read-archive.ts";
import { readFolder } from "./read-folder.ts";
import type { SampleStore } from "./sample-store.ts";

/** Options of {@link openFlowers}. */
export interface OpenFlowersOptions {
  /** Refuses archives whose pictures are larger together. Default 4 GiB. */
  readonly maxBytes?: number;
}

/**
 * Reads labelled pictures into memory, undecoded: `flower_photos.tgz`, or any folder or tar archive with one folder a
 * class.
 *
 * Labels follow TensorFlow Datasets where the classes are its five flowers, the alphabet otherwise. An archive is
 * read as a stream and never unpacked to disk; links and paths that leave it are refused.
 *
 * @param path - `.tgz`, `.tar.gz`, `.tar`, or a folder.
 * @throws Error of one line naming the path: absent, no archive, cut short, no class folder, a class with fewer than two
 * pictures.
 *
 * @example
 * const store = await openFlowers("flower_photos.tgz");
 * console.log(store.size, store.classNames);
 */
export async function openFlowers(path: string, options: OpenFlowersOptions = {}): Promise<SampleStore> {
  const { maxBytes = 4 * 2 ** 30 } = options;
  const info = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    const got = cause.code === "ENOENT" ? "no such file or folder" : cause.message;
    throw new Error(`${path}: expected an archive or a folder of class folders, got ${got}`, { cause });
  });
  return info.isDirectory() ? readFolder(path) : readArchive(path, maxBytes);
}
