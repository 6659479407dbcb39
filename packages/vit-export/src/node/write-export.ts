import { randomUUID } from "node:crypto";
import { cp, readdir, rename, rm } from "node:fs/promises";
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
 * new one, whole, but for a moment between two renames in which there is none; what was there is removed last. A folder that cannot be
 * renamed, such as a container's volume, gets the files one by one.
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
    const before = await setAside(path, old);
    if (before === "fixed") return await copyInto(path, whole);
    try {
      await rename(whole, path);
    } catch (error) {
      if (before === "aside") await rename(old, path);
      throw error;
    }
    await rm(old, { recursive: true, force: true });
  } finally {
    await rm(whole, { recursive: true, force: true });
  }
}

/** Renames a folder that is there; one that cannot be renamed, such as a container's volume, is fixed. */
async function setAside(path: string, old: string): Promise<"absent" | "aside" | "fixed"> {
  try {
    await rename(path, old);
    return "aside";
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return "absent";
    if (["EBUSY", "EXDEV"].includes(code)) return "fixed";
    throw error;
  }
}

/** Puts the new files into a folder that must stay, and removes those of an earlier export that are not among them. */
async function copyInto(path: string, whole: string): Promise<void> {
  const [before, now] = await Promise.all(
    [path, whole].map((folder) => readdir(folder, { recursive: true })),
  );
  await cp(whole, path, { recursive: true });
  for (const name of before!.filter((one) => !now!.includes(one)))
    await rm(join(path, name), { recursive: true, force: true });
}
