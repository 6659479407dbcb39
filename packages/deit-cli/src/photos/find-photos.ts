import { existsSync, statSync } from "node:fs";
import { isAbsolute, join, resolve, sep } from "node:path";
import { glob, isDynamicPattern } from "tinyglobby";
import { UsageError } from "../process/usage-error.ts";

const PICTURE = /\.(jpe?g|png|webp|gif|avif|tiff?)$/i;

/** Photos, and the other files of their folders. */
export interface FoundPhotos {
  /** Each once, in the order given. */
  readonly files: readonly string[];
  /** Files of the folders without a photo's extension. */
  readonly leftOut: readonly string[];
}

/**
 * Photos of files, folders (with all pictures below them) and globs.
 *
 * @throws UsageError naming a pattern without a photo.
 */
export async function findPhotos(patterns: readonly string[]): Promise<FoundPhotos> {
  const found = await Promise.all(patterns.map(photosOf));
  for (const [i, { files, leftOut }] of found.entries()) {
    if (files.length > 0) continue;
    throw new UsageError(
      `expected photos, folders or globs, got '${patterns[i]}', ${without(patterns[i]!, leftOut)}`,
    );
  }
  const files = found.flatMap(({ files }) => files);
  return {
    files: [...new Map(files.map((file) => [resolve(file), file])).values()],
    leftOut: found.flatMap(({ leftOut }) => leftOut),
  };
}

/** Reason why a pattern has no photo. */
function without(pattern: string, leftOut: readonly string[]): string {
  if (!existsSync(pattern))
    return isDynamicPattern(pattern) ? "which matches no file" : "which does not exist";
  const others = leftOut.length > 0 ? `, with ${leftOut.length} other files such as '${leftOut[0]}'` : "";
  return `a folder without .jpg, .jpeg, .png, .webp, .gif, .avif and .tiff${others}`;
}

/** One line for people, or nothing. */
export function leftOutLine({ leftOut }: FoundPhotos): string {
  if (leftOut.length === 0) return "";
  const files = leftOut.length === 1 ? "1 file that is" : `${leftOut.length} files that are`;
  return `left out: ${files} not a photo of a format that is read, such as '${leftOut[0]}'\n`;
}

async function photosOf(pattern: string): Promise<FoundPhotos> {
  // A name comes before a glob: names may have brackets.
  if (!existsSync(pattern)) {
    const slashed = sep === "/" ? pattern : pattern.replaceAll(sep, "/"); // a backslash is an escape elsewhere
    const files = await glob(slashed, { expandDirectories: false, absolute: isAbsolute(pattern) });
    return { files: files.sort(), leftOut: [] };
  }
  const info = statSync(pattern);
  if (info.isFile()) return { files: [pattern], leftOut: [] };
  if (!info.isDirectory()) {
    throw new UsageError(`expected photos, folders or globs, got '${pattern}', a pipe, socket or device`);
  }
  const names = (await glob("**/*", { cwd: pattern })).sort().map((name) => join(pattern, name));
  const isPhoto = (name: string): boolean => PICTURE.test(name);
  return { files: names.filter(isPhoto), leftOut: names.filter((name) => !isPhoto(name)) };
}
