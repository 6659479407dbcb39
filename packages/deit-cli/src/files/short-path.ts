import { relative, resolve } from "node:path";

/** A path as one would type it: from the working folder where it lies below, else from the root; quoted where a shell would cut it. */
export function shortPath(path: string): string {
  const short = relative(".", path);
  const typed = short.startsWith("..") ? resolve(path) : short;
  if (/^[\p{L}\p{M}\p{N}\\/:.,_@%+=-]+$/u.test(typed)) return typed;
  return process.platform === "win32" ? `"${typed}"` : `'${typed.replaceAll("'", "'\\''")}'`;
}
