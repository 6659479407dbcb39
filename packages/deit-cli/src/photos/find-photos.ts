import { existsSync, statSync } from "node:fs";
import { isAbsolute, join, resolve, sep } from "node:path";
import { glob } from "tinyglobby";
import { UsageError } from "../process/usage-error.ts";

const PICTURE = /\.(jpe?g|png|webp|gif|avif|tiff?)$/i;

/** Photos, and what lies beside them in a folder. */
export interface FoundPhotos {
  /** Each once, in the order given. */
  readonly files: readonly string[];
  /** Files of the folders that are not photos by their names. */
  readonly leftOut: readonly string[];
}

/**
 * Photos that are meant by files, folders (with all pictures below) and globs.
 *
 * @throws UsageError naming what means no photo.
 */
export async function findPhotos(patterns: readonly string[]): Promise<FoundPhotos> {
  const found = await Promise.all(patterns.map(photosOf));
  for (const [i, { files, leftOut }] of found.entries()) {
    if (files.length > 0) continue;
    const other = leftOut.length > 0 ? ` (but ${leftOut.length} other files, such as '${leftOut[0]}')` : "";
    throw new UsageError(
      `expected photos, folders or globs, got '${patterns[i]}', which means no photo${other}: .jpg, .jpeg, .png, .webp, .gif, .avif and .tiff are read`,
    );
  }
  const files = found.flatMap(({ files }) => files);
  return {
    files: [...new Map(files.map((file) => [resolve(file), file])).values()],
    leftOut: found.flatMap(({ leftOut }) => leftOut),
  };
}

/** One line for people, or nothing. */
export function leftOutLine({ leftOut }: FoundPhotos): string {
  if (leftOut.length === 0) return "";
  const files = leftOut.length === 1 ? "1 file that is" : `${leftOut.length} files that are`;
  return `left out: ${files} not a photo of a format that is read, such as '${leftOut[0]}'\n`;
}

async function photosOf(pattern: string): Promise<FoundPhotos> {
  // A file is taken by its name before it is read as a glob: names may have brackets.
  if (!existsSync(pattern)) {
    const slashed = sep === "/" ? pattern : pattern.replaceAll(sep, "/"); // elsewhere a backslash escapes
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
