import { basename, dirname, resolve } from "node:path";

/** Names of the photos' folders, if they are of two or more: their labels. */
export function folderLabels(files: readonly string[]): string[] | undefined {
  const folders = files.map((file) => basename(dirname(resolve(file))));
  return new Set(folders).size > 1 ? folders : undefined;
}
