import type { Dirent } from "node:fs";
import { lstat, readdir, readFile, readlink, realpath } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import type { TreeEntry, TreeSource } from "./tree.ts";

/** Files that are opened at once. */
const AT_ONCE = 32;

/** A folder on disk. */
export function folderTree(path: string, signal?: AbortSignal): TreeSource {
  return {
    path,
    async list(onEntry) {
      const root = await realpath(path);
      const folders = [""];
      for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
        const found = await readdir(join(path, folder), { withFileTypes: true });
        await inTurns(found, signal, async (one) => {
          const at = folder === "" ? one.name : `${folder}/${one.name}`;
          const entry = await entryOf(root, join(path, at), at, one);
          if (entry.type === "folder") folders.push(at);
          onEntry(entry);
        });
      }
    },
    read: (wanted) =>
      inTurns([...wanted], signal, async ([name, target]) => {
        const file = join(path, name);
        const bytes = await readFile(file, signal && { signal }).catch((cause: Error) => {
          signal?.throwIfAborted();
          throw new Error(`${file}: expected a picture, could not read it: ${cause.message}`, { cause });
        });
        if (bytes.length !== target.length) {
          throw new Error(
            `${file}: expected ${target.length} bytes, got ${bytes.length}: it changed while it was read`,
          );
        }
        target.set(bytes);
      }),
  };
}

async function entryOf(root: string, file: string, path: string, found: Dirent): Promise<TreeEntry> {
  if (found.isDirectory()) return { type: "folder", path };
  if (found.isFile()) return { type: "file", path, size: (await lstat(file)).size };
  if (!found.isSymbolicLink()) return { type: "other", path };
  return { type: "link", path, target: targetOf(root, await readlink(file)) };
}

/** Absolute ones as seen from the root. */
function targetOf(root: string, target: string): string | undefined {
  const slashed = target.split(sep).join("/");
  if (!slashed.startsWith("/") && !/^[a-z]:/i.test(slashed)) return slashed;
  const inside = relative(root, target).split(sep).join("/");
  return inside.startsWith("..") || /^[a-z]:/i.test(inside) ? undefined : `/${inside}`;
}

/** Some at a time, in order; ends at the first that fails, or when the signal is aborted. */
async function inTurns<T>(
  all: readonly T[],
  signal: AbortSignal | undefined,
  use: (one: T) => Promise<void>,
): Promise<void> {
  for (let start = 0; start < all.length; start += AT_ONCE) {
    signal?.throwIfAborted();
    await Promise.all(all.slice(start, start + AT_ONCE).map(use));
  }
}
