import { randomUUID } from "node:crypto";
import { readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { LIST, requireArguments, STRING } from "known-options";
import { writeAtomically } from "safetensors-io/node";
import type { ExportedFile } from "../exported.ts";

/** Paths that an export may have. */
const OWN =
  /^(README\.md|config\.json|preprocessor_config\.json|model\.safetensors|onnx(\/model(_quantized)?\.onnx)?|timm(\/(config\.json|model\.safetensors))?|tfjs(\/(model\.json|group1-shard\d+of\d+\.bin))?)$/;

/**
 * Checks that a folder can be exported to: it does not exist, is empty, or holds an earlier export and nothing else.
 *
 * @throws RangeError that names the first other file. Error of the file system, for instance if the path is a file.
 *
 * @example
 * await requireExportFolder("exported");
 */
export async function requireExportFolder(folder: string): Promise<void> {
  requireArguments("requireExportFolder", { folder }, { folder: STRING });
  const names = await readdir(folder, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const other = names.map((name) => name.replaceAll("\\", "/")).find((name) => !OWN.test(name));
  if (other !== undefined)
    throw new RangeError(
      `exportModel: expected a new folder, or one with an earlier export only, got '${folder}' with '${other}'`,
    );
}

/**
 * Writes exported files to a folder: to a new one beside it, which then takes its name. At any time the folder is the old one or the
 * new one, whole, but for a moment between two renames in which there is none; what was there is removed last.
 *
 * @throws As {@link requireExportFolder}; Error of the file system or of a file's chunks. The folder then is what it was.
 *
 * @example
 * const { files } = await exportFiles(student, options);
 * await writeExport("exported", files);
 */
export async function writeExport(folder: string, files: readonly ExportedFile[]): Promise<void> {
  requireArguments("writeExport", { folder, files }, { folder: STRING, files: LIST });
  await requireExportFolder(folder);
  const path = resolve(folder);
  const beside = (word: string) => join(dirname(path), `.${basename(path)}.${word}-${randomUUID()}`);
  const [whole, old] = [beside("new"), beside("old")];
  try {
    for (const file of files) await writeAtomically(join(whole, file.path), file.data, { makeFolder: true });
    const isThere = await renamed(path, old);
    try {
      await rename(whole, path);
    } catch (error) {
      if (isThere) await rename(old, path);
      throw error;
    }
    await rm(old, { recursive: true, force: true });
  } finally {
    await rm(whole, { recursive: true, force: true });
  }
}

async function renamed(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}
