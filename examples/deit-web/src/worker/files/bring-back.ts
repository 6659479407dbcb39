import type * as tfl from "@tensorflow/tfjs-layers";
import { BlobReader, configure, type Entry, Uint8ArrayWriter, ZipReader } from "@zip.js/zip.js";
import { loadWeights } from "deit-model";
import { buildModel } from "../models/models.ts";
import { readSettingsFile, type SettingsFile } from "./settings-file.ts";

configure({ useWebWorkers: false });

/** Most bytes of `settings.json`: its curves have some 100 a step. */
const MOST_SETTINGS = 64e6;
/** Most bytes of a weights file besides 4 for each number: names and shapes. */
const MOST_NAMES = 1e6;
/** A damaged file is refused: a changed weight would be a wrong answer. */
const CHECKED = { checkSignature: true };

/** Opens a taken-away student. @throws Error naming what is missing or does not fit. */
export async function bringBack(zip: Blob): Promise<{ file: SettingsFile; student: tfl.LayersModel }> {
  const reader = new ZipReader(new BlobReader(zip));
  try {
    const entries = await reader.getEntries().catch((cause: unknown) => {
      throw new Error("This is not a zip file that can be read.", { cause });
    });
    const settings = await read(entries, "settings.json", MOST_SETTINGS);
    const file = readSettingsFile(new TextDecoder().decode(settings));
    const student = buildModel("student", file.settings, file.classNames.length);
    try {
      const most = 4 * student.countParams() + MOST_NAMES;
      const bytes = await read(entries, "model.safetensors", most);
      await loadWeights(student, bytes).catch((cause: Error) => {
        throw new Error(`The student does not fit its settings: ${cause.message}`, { cause });
      });
    } catch (error) {
      student.dispose();
      throw error;
    }
    return { file, student };
  } finally {
    await reader.close();
  }
}

/** Reads a file of the zip. @throws Error if it is not there, is larger than it can be, or is damaged. */
async function read(entries: readonly Entry[], name: string, most: number): Promise<Uint8Array<ArrayBuffer>> {
  const entry = fileOf(entries, name);
  if (entry.uncompressedSize > most)
    throw new Error(
      `This is not a student of this page: ${name} has ${entry.uncompressedSize} bytes, and ${most} at most are possible.`,
    );
  try {
    return await entry.getData!(new Uint8ArrayWriter(), CHECKED);
  } catch (cause) {
    throw new Error(`The file is damaged: ${name} cannot be read (${(cause as Error).message}).`, { cause });
  }
}

function fileOf(entries: readonly Entry[], name: string): Extract<Entry, { directory: false }> {
  const entry = entries.find(({ filename }) => filename === name);
  if (entry === undefined || entry.directory)
    throw new Error(`This is not a student of this page: the file has no ${name}.`);
  return entry as Extract<Entry, { directory: false }>;
}
