import { relative, resolve } from "node:path";
import { shellWord } from "../process/shell-word.ts";

/** A path for a command line: relative below the working folder, else absolute; quoted where a shell needs it. */
export function shortPath(path: string): string {
  const short = relative(".", path);
  return shellWord(short.startsWith("..") ? resolve(path) : short);
}
