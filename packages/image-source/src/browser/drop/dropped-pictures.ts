import { requireArguments } from "known-options";
import { noteRepeated, onlyFolderOf, requireNoSplit } from "../../folders/class-roots.ts";
import { below, type Folder, foldersOf, noteOthers } from "../../folders/folders.ts";
import { Notes, type TreeNote } from "../../folders/notes.ts";
import type { Seen } from "../../folders/seen.ts";
import { browserFormats } from "./browser-format.ts";
import { DROPPED, type Dropped, everythingDropped } from "./everything-dropped.ts";

/** A picture that was dropped, undecoded. */
export interface DroppedPicture {
  readonly file: File;
  /** From the drop, with slashes: `photos/cats/1.jpg`. */
  readonly path: string;
  /** Name of its class folder; absent outside of them. */
  readonly className?: string;
}

/** Result of {@link droppedPictures}. */
export interface DroppedPictures {
  /** Names of the class folders, sorted. */
  readonly classNames: readonly string[];
  /** Sorted by class, then path; those without a class last. */
  readonly pictures: readonly DroppedPicture[];
  /** What was left out and why, one note for each reason. */
  readonly notes: readonly TreeNote[];
}

/**
 * Finds the pictures of what was dropped on a page, or chosen: files, and folders with everything in them.
 *
 * The rules are those of Node's `openImages`: folders are classes, and a class has all pictures below its folder; where the drop is one
 * folder that holds folders, these are the classes. Hidden files, `__MACOSX`, and files that are not pictures are left out. Unlike there,
 * pictures outside of class folders are kept, without a class, and a folder without pictures is left out. Files go by their names here,
 * and are not read; of HEIC and TIFF some are tried, for not every browser reads them.
 *
 * @param input - `event.dataTransfer` of a drop, while its event is handled (not after an `await`); `input.files`, also of an `<input
 * webkitdirectory>`; or a folder's handle of `showDirectoryPicker` or `navigator.storage.getDirectory`.
 * @throws TypeError for another input. Error if the drop has no files, a file or folder cannot be read, two names differ in Unicode's forms
 * only, or parts of a split (`train`, `val`) are where classes are expected.
 *
 * @example
 * ```ts norun
 * import { decodePicture, droppedPictures } from "image-source/browser";
 *
 * document.body.ondragover = (event) => event.preventDefault();
 * document.body.ondrop = async (event) => {
 *   event.preventDefault();
 *   const { classNames, pictures, notes } = await droppedPictures(event.dataTransfer!);
 *   for (const { text } of notes) console.log(text); // left out: 2 hidden files or folders, such as '.DS_Store'
 *   for (const { file, className } of pictures) console.log(className, await decodePicture(file));
 *   console.log(classNames);
 * };
 * ```
 */
export async function droppedPictures(input: Dropped): Promise<DroppedPictures> {
  requireArguments("droppedPictures", { input }, { input: DROPPED });
  const notes = new Notes({ loose: "without a class" });
  const found = await everythingDropped(input, notes);
  const seen = found.map(
    ({ path, file }, i): Seen => ({
      path,
      ...(file && { file: { source: String(i), size: file.size } }),
    }),
  );
  const top = foldersOf("droppedPictures", seen, notes, await browserFormats(found));
  const { root, loose } = classRoot(top, notes);
  requireNoSplit("droppedPictures", root, "drop one of them");
  const picture = (one: Seen, className?: string): DroppedPicture => ({
    file: found[Number(one.file!.source)]!.file!,
    path: one.path,
    ...(className !== undefined && { className }),
  });
  const classNames: string[] = [];
  const pictures: DroppedPicture[] = [];
  for (const [name, folder] of [...root.folders].sort(([one], [other]) => (one < other ? -1 : 1))) {
    const own = below(folder, notes);
    if (own.length === 0) notes.add("empty", folder.path);
    else classNames.push(name);
    pictures.push(...own.sort(byPath).map((one) => picture(one, name)));
  }
  noteRepeated(root, notes);
  if (classNames.length > 0) for (const { path } of loose) notes.add("loose", path);
  pictures.push(...loose.sort(byPath).map((one) => picture(one)));
  return { classNames, pictures, notes: notes.all() };
}

/** The folder whose folders are the classes, and the pictures above these. */
function classRoot(top: Folder, notes: Notes): { root: Folder; loose: Seen[] } {
  const loose: Seen[] = [];
  for (let root = top; ; ) {
    noteOthers(root.others, notes);
    loose.push(...root.pictures);
    const inner = onlyFolderOf(root);
    if (inner === undefined) return { root, loose };
    root = inner;
  }
}

function byPath(one: Seen, other: Seen): number {
  if (one.path === other.path) return 0; // of two folders of one name
  return one.path < other.path ? -1 : 1;
}
