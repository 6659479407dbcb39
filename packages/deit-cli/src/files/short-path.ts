import { relative, resolve } from "node:path";

/** A path for a command line: relative below the working folder, else absolute; quoted where a shell needs it. */
export function shortPath(path: string): string {
  const short = relative(".", path);
  const typed = short.startsWith("..") ? resolve(path) : short;
  if (/^[\p{L}\p{M}\p{N}\\/:.,_@%+=-]+$/u.test(typed)) return typed;
  return process.platform === "win32" ? `"${typed}"` : `'${typed.replaceAll("'", "'\\''")}'`;
}
