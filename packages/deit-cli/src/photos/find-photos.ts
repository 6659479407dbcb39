import { existsSync, statSync } from "node:fs";
import { isAbsolute, join, resolve, sep } from "node:path";
import { pictureFormat } from "image-source/node";
import { glob, isDynamicPattern } from "tinyglobby";
import { UsageError } from "../process/usage-error.ts";

/** Photos, and the other files of their folders. */
export interface FoundPhotos {
  /** Each once, in the order given. */
  readonly files: readonly string[];
  /** Files of the folders whose names are not those of a picture that is read. */
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
  return ["a folder without photos", ...reasonsOf(leftOut)].join(", but with ");
}

/** One line for people for each reason, or nothing. */
export function leftOutLines({ leftOut }: FoundPhotos): string {
  return reasonsOf(leftOut)
    .map((reason) => `left out: ${reason}\n`)
    .join("");
}

/** Files counted by the reason why they are no photos, each with its first path, in the words of `openDataset`'s notes. */
function reasonsOf(leftOut: readonly string[]): string[] {
  const byFormat = new Map<string | undefined, string[]>();
  for (const file of leftOut) {
    const format = pictureFormat(file)?.name;
    const others = byFormat.get(format);
    if (others === undefined) byFormat.set(format, [file]);
    else others.push(file);
  }
  return [...byFormat].map(([format, files]) => {
    const [first] = files as [string, ...string[]];
    const isOne = files.length === 1;
    if (format === undefined)
      return `${files.length} ${isOne ? "file that is not a picture" : "files that are not pictures"}, such as '${first}'`;
    const { advice } = pictureFormat(first)!;
    return `${files.length} ${format} ${isOne ? "picture" : "pictures"}, such as '${first}': ${format} is not read; ${advice}`;
  });
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
  const isPhoto = (name: string): boolean => pictureFormat(name)?.isRead === true;
  return { files: names.filter(isPhoto), leftOut: names.filter((name) => !isPhoto(name)) };
}
