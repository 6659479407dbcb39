import { existsSync, statSync } from "node:fs";
import { isAbsolute, join, resolve, sep } from "node:path";
import { glob } from "tinyglobby";
import { UsageError } from "../usage-error.ts";

const PICTURES = "**/*.{jpg,jpeg,png,webp,gif,avif,tif,tiff}";

/**
 * Photos that are meant by files, folders (with all pictures below) and globs, each once, in the order given.
 *
 * @throws UsageError naming what means no photo.
 */
export async function findPhotos(patterns: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const pattern of patterns) {
    const photos = await photosOf(pattern);
    if (photos.length === 0)
      throw new UsageError(`expected photos, folders or globs, got '${pattern}', which means no photo`);
    found.push(...photos);
  }
  return [...new Map(found.map((file) => [resolve(file), file])).values()];
}

async function photosOf(pattern: string): Promise<string[]> {
  // A file is taken by its name before it is read as a glob: names may have brackets.
  if (!existsSync(pattern)) {
    const slashed = sep === "/" ? pattern : pattern.replaceAll(sep, "/"); // elsewhere a backslash escapes
    return (await glob(slashed, { expandDirectories: false, absolute: isAbsolute(pattern) })).sort();
  }
  if (!statSync(pattern).isDirectory()) return [pattern];
  const names = await glob(PICTURES, { cwd: pattern, caseSensitiveMatch: false });
  return names.sort().map((name) => join(pattern, name));
}
