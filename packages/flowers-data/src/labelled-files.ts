import { labelOrder } from "./class-names.ts";
import { type SampleStore, storeOfFiles } from "./sample-store.ts";

const IMAGE = /\.(jpe?g|png|webp|gif|tiff?|avif)$/i;

/** A picture found in an archive or a folder. */
export interface LabelledFile {
  /** Its class folder. */
  readonly folder: string;
  readonly name: string;
  readonly data: Uint8Array;
}

/** @returns Whether a file's name is that of a picture; hidden files are none. */
export function isImageName(name: string): boolean {
  return IMAGE.test(name) && !name.startsWith(".");
}

/**
 * Pictures as a store, sorted by class, then name, so that a folder and an archive of it give the same.
 *
 * @param path - Named in errors.
 * @param folders - Class folders seen, also those without pictures.
 * @throws Error if there is no class folder, or one with fewer than two pictures.
 */
export function labelledStore(
  path: string,
  folders: Iterable<string>,
  files: readonly LabelledFile[],
): SampleStore {
  const counts = new Map(Array.from(folders, (folder) => [folder, 0]));
  for (const { folder } of files) counts.set(folder, (counts.get(folder) ?? 0) + 1);
  if (files.length === 0) {
    throw new Error(
      `${path}: expected folders of pictures, one a class, got ${counts.size === 0 ? "none" : "no picture"}`,
    );
  }
  for (const [folder, count] of counts) {
    if (count < 2) {
      const got = count === 0 ? "an empty folder" : "1";
      throw new Error(
        `${path}: class '${folder}': expected at least 2 pictures, to train and to validate, got ${got}`,
      );
    }
  }
  const classNames = labelOrder([...counts.keys()]);
  const rank = new Map(classNames.map((name, i) => [name, i]));
  const sorted = [...files].sort(
    (a, b) => rank.get(a.folder)! - rank.get(b.folder)! || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  );
  return storeOfFiles(sorted, classNames);
}
