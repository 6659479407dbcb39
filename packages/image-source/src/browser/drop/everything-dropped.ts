import { type Check, check } from "known-options";
import { isHidden } from "../../folders/class-roots.ts";
import type { Notes } from "../../folders/notes.ts";
import { everythingIn, everythingOf, type Found, type Item } from "./found-file.ts";
import { itemOfEntry } from "./items-of-entry.ts";
import { itemOfHandle } from "./items-of-handle.ts";

/** What `droppedPictures` takes. */
export type Dropped = DataTransfer | FileList | readonly File[] | FileSystemDirectoryHandle;

const nameOf = (value: unknown): string => Object.prototype.toString.call(value).slice(8, -1);

/** Check of {@link Dropped}. */
export const DROPPED: Check = check(
  "a DataTransfer, a FileList, an array of Files or a FileSystemDirectoryHandle",
  (value) =>
    ["DataTransfer", "FileList", "FileSystemDirectoryHandle"].includes(nameOf(value)) ||
    (Array.isArray(value) && value.every((file) => nameOf(file) === "File")),
);

/**
 * All files and folders of an input. A `DataTransfer` is read before the first `await`, for it is empty after its event.
 *
 * @throws Error naming what cannot be read, or if a drop has no files.
 */
export async function everythingDropped(input: Dropped, notes: Notes): Promise<Found[]> {
  const kind = nameOf(input);
  if (kind === "DataTransfer") return everythingIn(await itemsOf(input as DataTransfer), notes);
  if (kind !== "FileSystemDirectoryHandle") return filesIn(Array.from(input as FileList), notes);
  const folder = itemOfHandle(input as FileSystemDirectoryHandle);
  // The root of the origin's private file system has no name.
  if (folder.name === "") return everythingIn(await folder.children!(), notes);
  return everythingOf(folder, notes, folder.name);
}

/** Files as chosen by an `<input>`; with `webkitdirectory` they have paths. */
function filesIn(files: readonly File[], notes: Notes): Found[] {
  return files.flatMap((file) => {
    const path = file.webkitRelativePath === "" ? file.name : file.webkitRelativePath;
    const parts = path.split("/");
    const hidden = parts.findIndex(isHidden);
    if (hidden < 0) return [{ path, file }];
    notes.add("hidden", parts.slice(0, hidden + 1).join("/"));
    return [];
  });
}

function itemsOf({ items }: DataTransfer): Promise<Item[]> {
  const files = Array.from(items).filter(({ kind }) => kind === "file");
  if (files.length === 0) {
    throw new Error("droppedPictures: expected files or folders, got a drop without any, such as of a text");
  }
  return Promise.all(files.map(itemOf));
}

/** Asks for everything at once: entries, which all browsers have for what comes from a disk, else handles, else the file. */
async function itemOf(item: DataTransferItem): Promise<Item> {
  const entry = item.webkitGetAsEntry?.();
  if (entry) return itemOfEntry(entry);
  const file = item.getAsFile();
  const handle = await (item as WithHandle).getAsFileSystemHandle?.();
  if (handle) return itemOfHandle(handle);
  if (file === null) throw new Error("droppedPictures: expected files or folders, got one that is not there");
  return { name: file.name, file: async () => file };
}

/** Chromium's and Safari's. */
interface WithHandle {
  getAsFileSystemHandle?(): Promise<FileSystemHandle | null>;
}
