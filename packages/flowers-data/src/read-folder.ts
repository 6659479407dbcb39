import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { isImageName, type LabelledFile, labelledStore } from "./labelled-files.ts";
import type { SampleStore } from "./sample-store.ts";

/**
 * Reads a folder of class folders, or a folder that holds only such a one (`flower_photos`).
 *
 * @throws Error naming the folder if it has no class folders, or a class has fewer than two pictures.
 */
export async function readFolder(path: string): Promise<SampleStore> {
  const root = await classRoot(path);
  const folders = await subfolders(root);
  const files: LabelledFile[] = [];
  for (const folder of folders) {
    for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
      if (!entry.isFile() || !isImageName(entry.name)) continue;
      files.push({ folder, name: entry.name, data: await readFile(join(root, folder, entry.name)) });
    }
  }
  return labelledStore(path, folders, files);
}

/** Steps into an only subfolder that itself holds folders. */
async function classRoot(path: string): Promise<string> {
  const folders = await subfolders(path);
  if (folders.length !== 1) return path;
  const inner = join(path, folders[0]!);
  return (await subfolders(inner)).length > 0 ? inner : path;
}

async function subfolders(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && !basename(entry.name).startsWith("."))
    .map(({ name }) => name);
}
