import { type PictureFormat, pictureFormat } from "../formats/picture-format.ts";
import type { Notes } from "./notes.ts";
import type { Seen } from "./seen.ts";

/** A folder, with what is in it. */
export interface Folder {
  /** From the root, with slashes; the root's is empty. */
  readonly path: string;
  readonly folders: Map<string, Folder>;
  /** Pictures of this folder alone. */
  readonly pictures: Seen[];
  /** Files that are none, of this folder alone. */
  readonly others: Seen[];
}

/**
 * The folders of a tree; paths are in Unicode's composed form.
 *
 * @param formatOf - Format of a picture by its name; undefined for a file that is none.
 * @throws Error if two paths differ in Unicode's forms only.
 */
export function foldersOf(
  path: string,
  seen: readonly Seen[],
  notes: Notes,
  formatOf: (name: string) => PictureFormat | undefined = pictureFormat,
): Folder {
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
    const format = formatOf(composed);
    if (format?.isRead) folder.pictures.push({ ...one, path: composed });
    else folder.others.push({ ...one, path: composed, ...(format && { format }) });
  }
  return root;
}

/** Notes what lies in a folder above the classes. */
export function noteLoose({ pictures, others }: Folder, notes: Notes): void {
  for (const { path } of pictures) notes.add("loose", path);
  noteOthers(others, notes);
}

/** Notes files that are not read. */
export function noteOthers(others: readonly Seen[], notes: Notes): void {
  for (const { path, format } of others) {
    if (format === undefined) notes.add("other", path);
    else notes.addFormat(format, path);
  }
}

/** All pictures below a folder; notes what else is there. */
export function below({ folders, pictures, others }: Folder, notes: Notes): Seen[] {
  noteOthers(others, notes);
  return [pictures, ...[...folders.values()].map((folder) => below(folder, notes))].flat();
}
