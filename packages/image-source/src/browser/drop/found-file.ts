import { isHidden } from "../../folders/class-roots.ts";
import type { Notes } from "../../folders/notes.ts";

/** A file, or a folder, of what was dropped. */
export interface Found {
  /** From the drop, with slashes. */
  readonly path: string;
  /** Absent for a folder. */
  readonly file?: File;
}

/** A file or folder of a kind of interface that has both. */
export interface Item {
  readonly name: string;
  /** Absent for a folder. */
  file?(): Promise<File>;
  /** What is in a folder. */
  children?(): Promise<Item[]>;
}

/** Files that are asked for at once. */
const AT_ONCE = 32;

/**
 * Everything in items and the folders below them, hidden ones left out and noted.
 *
 * @throws Error naming what cannot be read.
 */
export async function everythingIn(items: readonly Item[], notes: Notes, below = ""): Promise<Found[]> {
  const found: Found[] = [];
  const shown = items.filter(({ name }) => {
    if (isHidden(name)) notes.add("hidden", `${below}${name}`);
    return !isHidden(name);
  });
  for (let first = 0; first < shown.length; first += AT_ONCE) {
    const some = shown.slice(first, first + AT_ONCE);
    const parts = await Promise.all(some.map((item) => everythingOf(item, notes, `${below}${item.name}`)));
    for (const part of parts) for (const one of part) found.push(one);
  }
  return found;
}

/** A file, or a folder and everything in it. */
export async function everythingOf(item: Item, notes: Notes, path: string): Promise<Found[]> {
  const readable = <T>(promise: Promise<T>): Promise<T> =>
    promise.catch((cause: Error) => {
      throw new Error(`droppedPictures: '${path}' could not be read: ${cause.message}`, { cause });
    });
  if (item.file !== undefined) return [{ path, file: await readable(item.file()) }];
  const children = await readable(item.children!());
  return [{ path }, ...(await everythingIn(children, notes, `${path}/`))];
}
