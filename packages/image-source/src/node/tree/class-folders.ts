import type { Notes } from "./notes.ts";
import type { Seen } from "./tree.ts";

const IMAGE = /\.(jpe?g|png|webp|gif|tiff?|avif)$/i;
const UNREAD = /\.(bmp|hei[cf]|jxl|jp2|svg|psd|ico|dng|cr[23w]|nef|arw|raf|orf|rw2)$/i;
/** For messages. */
const READ = ".jpg, .jpeg, .png, .webp, .gif, .avif, .tif or .tiff";
const PART_OF_SPLIT = /^(train(ing)?|val(id(ation)?)?|dev|eval(uation)?|test(ing)?|held[-_ ]?out|holdout)$/i;

/** A picture of a class, or of none. */
export interface ClassFile {
  /** −1: none. */
  readonly label: number;
  /** `"<class folder>/<path below it>"`. */
  readonly key: string;
  /** Location of its bytes. */
  readonly source: string;
  readonly size: number;
}

/** Puts the names of class folders, which are sorted, in the order of their labels. */
export type LabelOrder = (folders: readonly string[]) => readonly string[];

interface Folder {
  readonly path: string;
  readonly folders: Map<string, Folder>;
  readonly pictures: Seen[];
  /** Files that are none, of this folder alone. */
  readonly others: string[];
}

/** @returns Whether a file's name is that of a picture. */
export function isPicture(path: string): boolean {
  return IMAGE.test(path);
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
  orderOf: LabelOrder,
): { classNames: readonly string[]; files: ClassFile[] } {
  let root = foldersOf(path, seen, notes);
  for (;;) {
    const [only] = root.folders.values();
    if (root.folders.size !== 1 || only!.folders.size === 0) break;
    noteLoose(root, notes);
    root = only!;
  }
  noteLoose(root, notes);
  const classNames = orderOf([...root.folders.keys()].sort());
  if (classNames.length === 0) {
    const got = root.pictures.length === 0 ? "no folder" : `${root.pictures.length} pictures and no folder`;
    throw new Error(`${path}: expected folders of pictures, one a class, got ${got}`);
  }
  requireNoSplit(path, root);
  requireSameNames(path, classNames, root);
  noteRepeated(root, notes);
  const files = classNames.flatMap((name, label) => {
    const folder = root.folders.get(name)!;
    const pictures = below(folder, notes);
    if (pictures.length === 0) throw new Error(`${path}: class '${name}': ${nothingIn(folder)}`);
    const start = folder.path.length - name.length;
    return pictures
      .map((one) => ({ label, key: one.path.slice(start), ...one.file! }))
      .sort((a, b) => (a.key < b.key ? -1 : 1));
  });
  return { classNames, files };
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

function foldersOf(path: string, seen: readonly Seen[], notes: Notes): Folder {
  const root: Folder = { path: "", folders: new Map(), pictures: [], others: [] };
  const taken = new Map<string, string>();
  for (const one of seen) {
    const composed = one.path.normalize("NFC");
    const other = taken.get(composed);
    if (other !== undefined && other !== one.path) {
      throw new Error(`${path}: expected each name once, got '${composed}' in two of Unicode's forms`);
    }
    taken.set(composed, one.path);
    if (composed !== one.path) notes.add("renamed", composed);
    const parts = composed.split("/");
    let folder = root;
    for (const name of one.file === undefined ? parts : parts.slice(0, -1)) {
      let inner = folder.folders.get(name);
      if (inner === undefined) {
        const at = folder.path === "" ? name : `${folder.path}/${name}`;
        inner = { path: at, folders: new Map(), pictures: [], others: [] };
        folder.folders.set(name, inner);
      }
      folder = inner;
    }
    if (one.file === undefined) continue;
    if (isPicture(composed)) folder.pictures.push({ ...one, path: composed });
    else folder.others.push(composed);
  }
  return root;
}

/** Notes what lies in a folder above the classes. */
function noteLoose({ pictures, others }: Folder, notes: Notes): void {
  for (const { path } of pictures) notes.add("loose", path);
  for (const path of others) notes.add(UNREAD.test(path) ? "format" : "other", path);
}

/** All pictures below a class folder; notes what else is there. */
function below({ folders, pictures, others }: Folder, notes: Notes): Seen[] {
  for (const path of others) notes.add(UNREAD.test(path) ? "format" : "other", path);
  return [pictures, ...[...folders.values()].map((folder) => below(folder, notes))].flat();
}

function nothingIn(folder: Folder): string {
  const [example] = othersBelow(folder);
  if (example === undefined) return "expected pictures, got an empty folder";
  return `expected pictures (${READ}), got none, but files such as '${example}'`;
}

function othersBelow({ folders, others }: Folder): string[] {
  return [others, ...[...folders.values()].map(othersBelow)].flat();
}

/** @throws Error if the order of the labels is not one of the class folders, each of them once. */
function requireSameNames(path: string, classNames: readonly string[], { folders }: Folder): void {
  const names = new Set(classNames);
  if (classNames.length === folders.size && [...folders.keys()].every((name) => names.has(name))) return;
  const [got, expected] = [classNames, [...folders.keys()]].map((list) =>
    list.map((name) => `'${name}'`).join(", "),
  );
  throw new Error(`${path}: expected a label order of the classes ${expected}, got ${got}`);
}

/** Folders named as the parts of a split would become classes, and each class' pictures be spread over them. */
function requireNoSplit(path: string, root: Folder): void {
  const folders = [...root.folders.entries()];
  const parts = folders.filter(([name]) => PART_OF_SPLIT.test(name));
  if (
    parts.length > 0 &&
    (parts.length === folders.length || parts.some(([, part]) => part.folders.size > 0))
  ) {
    const names = parts.map(([name]) => `'${name}'`).join(", ");
    throw new Error(
      `${path}: expected a folder a class, got parts of a split (${names}); give one of them, for it is split here`,
    );
  }
}

/**
 * `cats/2020` beside `dogs/2020`: pictures of the classes, as all nested folders' are. It is said where no picture lies in a class folder
 * itself, for then the inner folders could have been meant as the classes.
 */
function noteRepeated(root: Folder, notes: Notes): void {
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
