import type * as tfl from "@tensorflow/tfjs-layers";
import { BlobReader, configure, type Entry, TextWriter, Uint8ArrayWriter, ZipReader } from "@zip.js/zip.js";
import { loadWeights } from "deit-model";
import { buildModel } from "../models/models.ts";
import { readSettingsFile, type SettingsFile } from "./settings-file.ts";

configure({ useWebWorkers: false });

/** Opens a taken-away student. @throws Error naming what is missing or does not fit. */
export async function bringBack(zip: Blob): Promise<{ file: SettingsFile; student: tfl.LayersModel }> {
  const reader = new ZipReader(new BlobReader(zip));
  try {
    const entries = await reader.getEntries().catch((cause: unknown) => {
      throw new Error("This is not a zip file that can be read.", { cause });
    });
    const file = readSettingsFile(await fileOf(entries, "settings.json").getData!(new TextWriter()));
    const bytes = await fileOf(entries, "model.safetensors").getData!(new Uint8ArrayWriter());
    const student = buildModel("student", file.settings, file.classNames.length);
    try {
      await loadWeights(student, bytes);
    } catch (cause) {
      student.dispose();
      throw new Error(`The student does not fit its settings: ${(cause as Error).message}`, { cause });
    }
    return { file, student };
  } finally {
    await reader.close();
  }
}

function fileOf(entries: readonly Entry[], name: string): Extract<Entry, { directory: false }> {
  const entry = entries.find(({ filename }) => filename === name);
  if (entry === undefined || entry.directory)
    throw new Error(`This is not a student of this page: the file has no ${name}.`);
  return entry as Extract<Entry, { directory: false }>;
}
