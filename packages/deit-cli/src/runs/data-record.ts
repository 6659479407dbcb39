import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { FlowerData } from "../data/open-data.ts";
import { areSameNames } from "../models/class-names.ts";
import { UsageError } from "../process/usage-error.ts";
import { parseChecked } from "../files/parse-json.ts";
import { writeAtomically } from "../files/write-atomically.ts";

/** File of a run's folder that identifies its data. */
export const DATA_RECORD = "data.json";

const schema = z.object({
  /** In the order of the models' outputs. */
  classNames: z.array(z.string()).readonly(),
  /** SHA-256 of the pictures' names, classes and split. */
  pictures: z.string(),
});

/** Identity of a run's data. */
export type DataRecord = z.infer<typeof schema>;

/** The record of data. */
export function dataRecord({ classNames, train, validation }: FlowerData): DataRecord {
  const hash = createHash("sha256");
  for (const { keys, labels } of [train, validation]) {
    hash.update(`${keys.length}\n`);
    for (let i = 0; i < keys.length; i++) hash.update(`${labels[i]} ${keys[i]!.normalize("NFC")}\n`);
  }
  return { classNames, pictures: hash.digest("hex") };
}

export async function writeDataRecord(folder: string, data: FlowerData): Promise<void> {
  await writeAtomically(join(folder, DATA_RECORD), `${JSON.stringify(dataRecord(data), null, 2)}\n`);
}

/** Reads a run's record; `undefined` where the folder has none. @throws Error naming the file if it holds something else. */
export async function readDataRecord(folder: string): Promise<DataRecord | undefined> {
  const file = join(folder, DATA_RECORD);
  try {
    return parseChecked(file, await readFile(file, "utf8"), schema);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** @throws UsageError naming the difference if a resumed run began with other classes or pictures. */
export async function requireSameData(folder: string, data: FlowerData): Promise<void> {
  const before = await readDataRecord(folder);
  if (before === undefined) return;
  const { classNames, pictures } = dataRecord(data);
  if (!areSameNames(before.classNames, classNames)) {
    throw new UsageError(
      `--resume: expected data of the run's classes (${before.classNames.join(", ")}), got ${classNames.join(", ")}`,
    );
  }
  if (before.pictures !== pictures) {
    throw new UsageError(
      `--resume: expected the pictures that '${folder}' began with, got others: pictures were added, removed or renamed`,
    );
  }
}
