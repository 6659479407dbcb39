import { noteRepeated, onlyFolderOf, requireNoSplit } from "../../folders/class-roots.ts";
import { below, type Folder, foldersOf, noteLoose, noteOthers } from "../../folders/folders.ts";
import type { Notes } from "../../folders/notes.ts";
import type { Seen } from "../../folders/seen.ts";
import { nothingIn } from "./nothing-in.ts";

/** A picture of a class, or of none. */
export interface ClassFile {
  /** −1: none; −2: several, which the store has. */
  readonly label: number;
  /** `"<class folder>/<path below it>"`. */
  readonly key: string;
  /** Location of its bytes. */
  readonly source: string;
  readonly size: number;
}

/** Puts the names of class folders, which are sorted, in the order of their labels. */
export type LabelOrder = (folders: readonly string[]) => readonly string[];

/** How class folders are read. */
export interface ClassRules {
  readonly orderOf: LabelOrder;
  /** Whether each folder with pictures of its own is a class; otherwise those at the top are. */
  readonly isNested: boolean;
}

/**
 * Finds the class folders and their pictures, those in folders below them included, sorted by class, then path.
 *
 * The classes are the folders of the root; or, where it holds one folder that holds folders, of that one, and so on.
 *
 * @param path - What errors begin with.
 * @throws Error if there is no class folder, one without pictures, two paths that differ in Unicode's forms only, or parts of
 * a split (`train`, `val`) where classes are expected.
 */
export function classFolders(
  path: string,
  seen: readonly Seen[],
  notes: Notes,
  rules: ClassRules,
): { classNames: readonly string[]; files: ClassFile[] } {
  let root = foldersOf(path, seen, notes);
  for (let inner = onlyFolderOf(root); inner !== undefined; inner = onlyFolderOf(root)) {
    noteLoose(root, notes);
    root = inner;
  }
  requireNoSplit(path, root, "openDataset reads them all, or give one of them");
  return classesIn(path, root, notes, rules);
}

/**
 * The classes in a folder, with their pictures.
 *
 * @throws As {@link classFolders}.
 */
export function classesIn(
  path: string,
  root: Folder,
  notes: Notes,
  { orderOf, isNested }: ClassRules,
): { classNames: readonly string[]; files: ClassFile[] } {
  noteLoose(root, notes);
  const folders = isNested ? nestedClasses(root, notes) : root.folders;
  if (folders.size === 0) {
    const got = root.pictures.length === 0 ? "no folder" : `pictures (${root.pictures.length}) and no folder`;
    throw new Error(`${path}: expected folders of pictures, one a class, got ${got}`);
  }
  const classNames = orderOf([...folders.keys()].sort());
  requireSameNames(path, classNames, folders);
  if (!isNested) noteRepeated(root, notes);
  const start = root.path === "" ? 0 : root.path.length + 1;
  const files = classNames.flatMap((name, label) => {
    const folder = folders.get(name)!;
    const pictures = below(isNested ? { ...folder, folders: new Map() } : folder, notes);
    if (pictures.length === 0) throw new Error(`${path}: class '${name}': ${nothingIn(folder)}`);
    return pictures
      .map((one) => ({ label, key: one.path.slice(start), ...one.file! }))
      .sort((a, b) => (a.key < b.key ? -1 : 1));
  });
  return { classNames, files };
}

/** Folders with pictures of their own, and those without anything, by their path below the root. */
function nestedClasses(root: Folder, notes: Notes, prefix = ""): Map<string, Folder> {
  return new Map(
    [...root.folders].flatMap(([name, folder]): [string, Folder][] => {
      const inner = [...nestedClasses(folder, notes, `${prefix}${name}/`)];
      if (folder.pictures.length > 0 || folder.folders.size === 0)
        return [[`${prefix}${name}`, folder], ...inner];
      noteOthers(folder.others, notes); // those of a class are noted with it
      return inner;
    }),
  );
}

/**
 * Finds all pictures, in whatever folders, as pictures of no class, sorted by path.
 *
 * @param prefix - What their keys begin with.
 * @throws Error if there is none, or two paths differ in Unicode's forms only.
 */
export function allPictures(path: string, seen: readonly Seen[], notes: Notes, prefix: string): ClassFile[] {
  const root = foldersOf(path, seen, notes);
  const pictures = below(root, notes);
  if (pictures.length === 0) throw new Error(`${path}: ${nothingIn(root)}`);
  return pictures
    .map((one) => ({ label: -1, key: `${prefix}${one.path}`, ...one.file! }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** @throws Error if the order of the labels is not one of the classes, each of them once. */
export function requireSameNames(
  path: string,
  classNames: readonly string[],
  classes: { readonly size: number; keys(): Iterable<string> },
): void {
  const names = new Set(classNames);
  if (classNames.length === classes.size && [...classes.keys()].every((name) => names.has(name))) return;
  const [got, expected] = [classNames, [...classes.keys()]].map((list) =>
    list.map((name) => `'${name}'`).join(", "),
  );
  throw new Error(`${path}: expected a label order of the classes ${expected}, got ${got}`);
}
