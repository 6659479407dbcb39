import { resolve, sep } from "node:path";

/** For each of some different folders the end of its path that no other has: its name where that is enough, else with its parent, … */
export function distinctNames(folders: readonly string[]): string[] {
  const parts = folders.map((folder) => resolve(folder).split(sep));
  return parts.map((own, i) => {
    const others = parts.filter((_, j) => j !== i);
    const end = (path: readonly string[], length: number): string => path.slice(-length).join("/");
    const length = own.findIndex((_, n) => others.every((path) => end(path, n + 1) !== end(own, n + 1))) + 1;
    return end(own, length || own.length);
  });
}
