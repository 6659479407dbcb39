import { stat } from "node:fs/promises";
import { ANY, BOOLEAN, type Checks, COUNT, FUNCTION, optional, requireOptions } from "known-options";
import type { TreeNote } from "../../folders/notes.ts";
import type { SampleStore } from "../../sample-store.ts";
import { archiveTree } from "./archive-tree.ts";
import { classFolders, type LabelOrder } from "./class-folders.ts";
import { folderTree } from "./folder-tree.ts";
import { type FindPictures, readTree } from "./read-tree.ts";

/** How any folder or archive is read. */
export interface OpenOptions {
  /** Most bytes of all pictures together. Default 4 GiB. */
  readonly maxBytes?: number;
  /** Most bytes of one picture. Default 256 MiB. */
  readonly maxFileBytes?: number;
  /** Whether photos are turned as their EXIF orientation says. Default true. */
  readonly upright?: boolean;
  /** Told what was left out and why, one note for each reason. */
  readonly onNote?: (note: TreeNote) => void;
  /** Ends the reading. */
  readonly signal?: AbortSignal;
}

/** Checks of {@link OpenOptions}. */
export const OPEN_CHECKS: Checks<OpenOptions> = {
  maxBytes: optional(COUNT),
  maxFileBytes: optional(COUNT),
  upright: optional(BOOLEAN),
  onNote: optional(FUNCTION),
  signal: ANY,
};

/** Options of {@link openImages}. */
export interface OpenImagesOptions extends OpenOptions {
  /**
   * Order of the classes, which is that of their labels: gets their names, sorted, and returns each of them once. Default:
   * alphabetical, by code unit.
   */
  readonly labelOrder?: LabelOrder;
  /** Whether each folder with pictures of its own is a class, named `animals/cats`. Default false: the folders at the top are. */
  readonly nestedClasses?: boolean;
}

/**
 * Reads labeled pictures into memory, undecoded: any folder or tar archive with one folder a class. For other layouts see `openDataset`.
 *
 * A folder and an archive of it give the same store. A class has all pictures below its folder; hidden files, `__MACOSX`, files that are not pictures and
 * pictures outside a class folder are left out (see `onNote`); links are followed within the folder. Names are in Unicode's
 * composed form (NFC). An archive is never unpacked to disk, and one that unpacks to far more than pictures could is refused.
 *
 * @param path - `.tgz`, `.tar.gz`, `.tar`, or a folder.
 * @throws Error of one line naming the path: absent, neither a file nor a folder, not an archive, cut short, larger than allowed,
 * no class folder, one without pictures, a name twice, parts of a split (`train`, `val`) in the place of classes, a label order of other classes. The signal's
 * reason if it is aborted.
 *
 * @example
 * ```ts norun
 * const store = await openImages("photos", { onNote: ({ text }) => console.log(text) });
 * console.log(store.size, store.classNames);
 * ```
 */
export async function openImages(path: string, options: OpenImagesOptions = {}): Promise<SampleStore> {
  requireOptions("openImages", options, {
    ...{ ...OPEN_CHECKS, labelOrder: optional(FUNCTION), nestedClasses: optional(BOOLEAN) },
  });
  const { labelOrder: orderOf = (folders) => folders, nestedClasses: isNested = false, ...rest } = options;
  const find: FindPictures = (from, seen, notes) => classFolders(from, seen, notes, { orderOf, isNested });
  return openWith(path, rest, find, "of class folders");
}

/** Reads the pictures that `find` finds; `kind` tells in errors which folder is expected. */
export async function openWith(
  path: string,
  options: OpenOptions,
  find: FindPictures,
  kind: string,
): Promise<SampleStore> {
  const { maxBytes = 4 * 2 ** 30, maxFileBytes = 256 * 2 ** 20, upright = true, onNote, signal } = options;
  signal?.throwIfAborted();
  const info = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    const got = cause.code === "ENOENT" ? "no such file or folder" : cause.message;
    throw new Error(`${path}: expected an archive or a folder ${kind}, got ${got}`, { cause });
  });
  if (!info.isDirectory() && !info.isFile()) {
    const got = info.isFIFO() ? "a pipe" : info.isSocket() ? "a socket" : "a device";
    throw new Error(`${path}: expected an archive or a folder ${kind}, got ${got}`);
  }
  const source = info.isDirectory() ? folderTree(path, signal) : await archiveTree(path, signal);
  return readTree(source, { maxBytes, maxFileBytes }, { find, upright }, onNote);
}
