import { statSync } from "node:fs";
import { join } from "node:path";
import { having, requireArguments, requireOptions } from "known-options";
import type { Classifier } from "../classifier.ts";
import { type ModelNotes, NOTES } from "./notes.ts";
import { notesFileOf, readJson, readNotesFile, writeNotes, writeWhole } from "./notes-file.ts";

/**
 * Adds notes to a classifier's files, without a change to its weights: to the metadata of a `model.json`, else to
 * `classifier-notes.json` in its folder, or `<file>.notes.json` beside a file.
 *
 * @returns The file that was written.
 * @throws TypeError for an unknown note, RangeError for one that does not fit, or the file system's error.
 *
 * @example
 * ```ts norun
 * await saveNotes(await openClassifier("teacher.onnx"), { temperature: 1.7 }); // teacher.onnx.notes.json
 * ```
 */
export async function saveNotes(classifier: Classifier, notes: ModelNotes): Promise<string> {
  requireOptions("saveNotes", notes, NOTES);
  requireArguments(
    "saveNotes",
    { classifier },
    { classifier: having("a Classifier", (it) => typeof it.path === "string") },
  );
  const { kind, path } = classifier;
  if (kind !== "layers" && kind !== "graph") {
    await writeNotes(path, { ...(await readNotesFile(path)), ...notes });
    return notesFileOf(path);
  }
  const file = statSync(path).isDirectory() ? join(path, "model.json") : path;
  const json = (await readJson(file)) as { readonly userDefinedMetadata?: object };
  const userDefinedMetadata = { ...json.userDefinedMetadata, ...notes };
  await writeWhole(file, JSON.stringify({ ...json, userDefinedMetadata }));
  return file;
}
