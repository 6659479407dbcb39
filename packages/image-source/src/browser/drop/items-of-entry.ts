import type { Item } from "./found-file.ts";

/** An entry of `webkitGetAsEntry`, which every browser has. */
export function itemOfEntry(entry: FileSystemEntry): Item {
  const { name } = entry;
  if (entry.isFile) {
    return { name, file: () => new Promise((...settle) => (entry as FileSystemFileEntry).file(...settle)) };
  }
  return { name, children: () => childrenOf(entry as FileSystemDirectoryEntry) };
}

/** A reader gives some at a time, 100 in Chromium, and nothing at the end. */
async function childrenOf(folder: FileSystemDirectoryEntry): Promise<Item[]> {
  const reader = folder.createReader();
  const items: Item[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((...settle) => reader.readEntries(...settle));
    if (some.length === 0) return items;
    items.push(...some.map(itemOfEntry));
  }
}
