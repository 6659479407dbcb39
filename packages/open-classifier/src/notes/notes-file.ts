import { existsSync, statSync } from "node:fs";
import { open, readFile, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type ModelNotes, readNotes } from "./notes.ts";

/** Name of the file of notes in a model's folder. */
const NOTES_FILE = "classifier-notes.json";

/** File of the notes of a model whose format has no place for them: in its folder, or beside a file of any name. */
export function notesFileOf(path: string): string {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return join(path, NOTES_FILE);
  return basename(path) === "model.onnx" ? join(dirname(path), NOTES_FILE) : `${path}.notes.json`;
}

/** Reads the notes beside a model. @throws Error naming the file if it is not JSON. */
export async function readNotesFile(path: string): Promise<ModelNotes> {
  const file = notesFileOf(path);
  return existsSync(file) ? readNotes(await readJson(file)) : {};
}

/** Writes the notes beside a model, atomically. */
export async function writeNotes(path: string, notes: ModelNotes): Promise<void> {
  await writeWhole(notesFileOf(path), `${JSON.stringify(notes, null, 2)}\n`);
}

/** Reads a JSON file, with or without a byte order mark. @throws Error naming the file. */
export async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, "utf8");
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (cause) {
    throw new Error(`${file}: expected JSON, got something else (${(cause as Error).message})`, { cause });
  }
}

/** Writes a file so that it is the old one or the new one, whenever the process ends. */
export async function writeWhole(file: string, text: string): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  const handle = await open(temporary, "w");
  try {
    await handle.writeFile(text);
    await handle.sync();
  } catch (error) {
    await handle.close();
    await rm(temporary, { force: true });
    throw error;
  }
  await handle.close();
  await rename(temporary, file);
}
