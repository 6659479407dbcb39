import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { UsageError } from "../process/usage-error.ts";
import { requireWritableFolder } from "./writable-folder.ts";

/** Mark inside every file that this program writes where the user chooses: of a table, its columns. */
export type Mark =
  | `deit-cli ${"attention" | "comparison" | "contact sheet" | "features"}`
  | "picture,label,arm,seed,predicted,correct"
  | "file,class,probability"
  | "path,label,feature_0"
  | "class_names.npy"
  | '"classes":';

/**
 * Refuses to write over a file that this program has not written. Its own earlier output with the same mark may be replaced.
 *
 * @param option - Option with the path, for the error.
 * @param mark - `undefined`: the file must be new.
 * @throws UsageError naming the file, or its folder if that cannot be made or written to.
 */
export async function requireOwnOutput(option: string, path: string, mark: Mark | undefined): Promise<void> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? ""))
      return requireWritableFolder(option, dirname(path));
    throw new UsageError(`${option}: could not write to '${path}': ${(error as Error).message}`);
  }
  if (mark === undefined) throw new UsageError(`${option}: expected a new file, got '${path}', which exists`);
  if (bytes.includes(mark)) return;
  throw new UsageError(
    `${option}: expected a new file, or a '${mark}' of this program's to replace, got '${path}', which is neither`,
  );
}
