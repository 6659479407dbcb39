import type { Item } from "./found-file.ts";

/** A handle of `getAsFileSystemHandle`, `showDirectoryPicker` or the origin's private file system. */
export function itemOfHandle(handle: FileSystemHandle): Item {
  const { name } = handle;
  if (handle.kind === "file") return { name, file: () => (handle as FileSystemFileHandle).getFile() };
  return {
    name,
    async children() {
      const items: Item[] = [];
      for await (const child of (handle as FileSystemDirectoryHandle).values())
        items.push(itemOfHandle(child));
      return items;
    },
  };
}
