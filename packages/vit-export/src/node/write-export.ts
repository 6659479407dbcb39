import { randomUUID } from "node:crypto";
import { cp, lstat, readdir, readFile, realpath, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { LIST, requireArguments, STRING } from "known-options";
import { writeAtomically } from "safetensors-io/node";
import type { ExportedFile } from "../exported.ts";

/** Paths that an export may have. */
const OWN =
  /^(README\.md|config\.json|preprocessor_config\.json|model\.safetensors|onnx(\/model(_quantized)?\.onnx)?|timm(\/(config\.json|model\.safetensors))?|tfjs(\/(model\.json|group1-shard\d+of\d+\.bin))?)$/;

/** A file that every export has. */
const ALWAYS = "preprocessor_config.json";

/**
 * Checks that a folder can be exported to: it does not exist, is empty, or holds an earlier export and nothing else. A model that
 * another program saved is none, although its files have the same names.
 *
 * @throws RangeError that names the first other file, or if the path is a file. Error of the file system.
 *
 * @example
 * await requireExportFolder("exported");
 */
export async function requireExportFolder(folder: string): Promise<void> {
  requireArguments("requireExportFolder", { folder }, { folder: STRING });
  const refused = (got: string) =>
    new RangeError(`exportModel: expected a new folder, or one with an earlier export only, got ${got}`);
  const names = await readdir(folder, { recursive: true }).catch(
    async (error: NodeJS.ErrnoException): Promise<string[]> => {
      if (error.code === "ENOTDIR") throw refused(`'${folder}', which is a file or lies in one`);
      if (error.code !== "ENOENT") throw error;
      const isLink = (await lstat(folder).catch(() => undefined)) !== undefined;
      if (isLink) throw refused(`'${folder}', a link to what does not exist`);
      return [];
    },
  );
  const other = names.map((name) => name.replaceAll("\\", "/")).find((name) => !OWN.test(name));
  if (other !== undefined) throw refused(`'${folder}' with '${other}'`);
  if (names.length === 0) return;
  if (!names.includes(ALWAYS)) throw refused(`'${folder}' with '${names[0]}' and no ${ALWAYS}`);
  if (names.includes("config.json") && !(await isExported(join(folder, "config.json"))))
    throw refused(`'${folder}' with a model that another program saved`);
}

/** Whether a `config.json` is that of an export: programs that save a model do not say which precision transformers.js opens. */
async function isExported(file: string): Promise<boolean> {
  return (await readFile(file, "utf8")).includes('"transformers.js_config"');
}

/**
 * Writes exported files to a folder: to a new one beside it, which then takes its name. At any time the folder is the old one or the
 * new one, whole, but for a moment between two renames in which there is none; what was there is removed last. A folder that cannot be
 * renamed, such as a container's volume or the working directory, gets the files one by one.
 *
 * @throws As {@link requireExportFolder}; RangeError for no files, two of one path, or a path that leads out of the folder; Error of the
 * file system or of a file's chunks. The folder then is what it was.
 *
 * @example
 * await writeExport("exported", [{ path: "config.json", data: "{}" }]);
 */
export async function writeExport(folder: string, files: readonly ExportedFile[]): Promise<void> {
  requireArguments("writeExport", { folder, files }, { folder: STRING, files: LIST });
  requirePaths(files);
  await requireExportFolder(folder);
  const path = await realpath(folder).catch(() => resolve(folder)); // a link stays, and what it leads to is replaced
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

/** @throws RangeError unless every file has a path of its own in the folder. */
function requirePaths(files: readonly ExportedFile[]): void {
  if (files.length === 0) throw new RangeError("writeExport: files must be a list of one at least, got none");
  const seen = new Set<string>();
  for (const { path } of files) {
    const isInner =
      /^[^\\:\0]+$/.test(path) && path.split("/").every((part) => !["", ".", ".."].includes(part));
    if (!isInner)
      throw new RangeError(
        `writeExport: a file's path must lead into the folder, with slashes, got '${path}'`,
      );
    if (seen.has(path))
      throw new RangeError(`writeExport: files must have different paths, got '${path}' twice`);
    seen.add(path);
  }
}

/** Renames a folder that is there; one that cannot be renamed, such as a container's volume, or must not be is fixed. */
async function setAside(path: string, old: string): Promise<"absent" | "aside" | "fixed"> {
  if (path === process.cwd()) return "fixed"; // a shell in it would be left in a folder that is gone
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
