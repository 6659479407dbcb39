/** A file that was dropped or chosen. */
export interface DroppedFile {
  readonly file: File;
  /** Name of its folder, if it was in one. */
  readonly className?: string;
}

/** Files of a drop or a choice, and what was left out. */
export interface DroppedFiles {
  readonly pictures: readonly DroppedFile[];
  readonly notes: readonly { readonly text: string }[];
}

/** Files that were dropped, those in folders too, or that were chosen. */
export async function droppedPictures(from: DataTransfer | FileList): Promise<DroppedFiles> {
  if (from instanceof FileList) {
    const pictures = [...from].map((file) => {
      const className = file.webkitRelativePath.split("/").at(-2);
      return className === undefined ? { file } : { file, className };
    });
    return { pictures: pictures.filter(isShown), notes: [] };
  }
  // The items are gone after the first await.
  const entries = [...from.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  const pictures = (await Promise.all(entries.map((entry) => walk(entry)))).flat();
  return { pictures: pictures.filter(isShown), notes: [] };
}

/** Systems put hidden files into folders. */
function isShown({ file }: DroppedFile): boolean {
  return !file.name.startsWith(".");
}

async function walk(entry: FileSystemEntry, className?: string): Promise<DroppedFile[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    return [className === undefined ? { file } : { file, className }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const inside: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) break;
    inside.push(...some);
  }
  return (await Promise.all(inside.map((one) => walk(one, entry.name)))).flat();
}
