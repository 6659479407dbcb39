// Which folder holds the classes, and what is no class.
import type { Folder } from "./folders.ts";
import type { Notes } from "./notes.ts";
import { PART_NAME } from "./split-parts.ts";

/** Whether a file or folder is left out by its name: hidden, or macOS's own. */
export function isHidden(name: string): boolean {
  return name.startsWith(".") || name === "__MACOSX";
}

/** The only folder of a folder, if it holds folders itself. */
export function onlyFolderOf({ folders }: Folder): Folder | undefined {
  const [only] = folders.values();
  return folders.size === 1 && only!.folders.size > 0 ? only : undefined;
}

/**
 * Folders named as the parts of a split would become classes, and each class' pictures be spread over them.
 *
 * @throws Error with the advice if there are such.
 */
export function requireNoSplit(path: string, root: Folder, advice: string): void {
  const folders = [...root.folders].sort(([one], [other]) => (one < other ? -1 : 1));
  const parts = folders.filter(([name]) => PART_NAME.test(name));
  if (
    parts.length > 0 &&
    (parts.length === folders.length || parts.some(([, part]) => part.folders.size > 0))
  ) {
    const names = parts.map(([name]) => `'${name}'`).join(", ");
    throw new Error(`${path}: expected a folder a class, got parts of a split (${names}); ${advice}`);
  }
}

/**
 * `cats/2020` beside `dogs/2020`: pictures of the classes, as all nested folders' are. It is said where no picture lies in a class folder
 * itself, for then the inner folders could have been meant as the classes.
 */
export function noteRepeated(root: Folder, notes: Notes): void {
  const classes = [...root.folders.values()];
  if (classes.some(({ pictures }) => pictures.length > 0)) return;
  const names = new Set<string>();
  for (const { folders } of classes) {
    for (const [name, { path }] of folders) {
      if (names.has(name)) notes.add("nested", path);
      names.add(name);
    }
  }
}
