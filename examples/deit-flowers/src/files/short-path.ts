import { relative, resolve } from "node:path";

/** A path as one would type it: from the working folder where it lies below, else from the root. */
export function shortPath(path: string): string {
  const short = relative(".", path);
  return short.startsWith("..") ? resolve(path) : short;
}
