import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { SampleStore } from "image-source";
import { z } from "zod";
import type { FlowerData } from "../data/open-data.ts";
import { parseChecked } from "../files/parse-json.ts";
import { writeAtomically } from "../files/write-atomically.ts";
import { areSameNames } from "../models/class-names.ts";
import { UsageError } from "../process/usage-error.ts";

/** File of a run's folder that identifies its data. */
export const DATA_RECORD = "data.json";

const schema = z.object({
  /** In the order of the models' outputs. */
  classNames: z.array(z.string()).readonly(),
  /** `drawn`, or how the photos say their classes. */
  layout: z.string().exactOptional(),
  /** SHA-256 of the pictures' names, classes and split, labels hidden in the run included. */
  pictures: z.string(),
  /** SHA-256 of the pictures' names and classes, however they are split. */
  all: z.string().exactOptional(),
  /** SHA-256 of the names and classes of the pictures to test, if there are any. */
  test: z.string().exactOptional(),
  /** SHA-256 of the names of the pictures without labels, if there are any. */
  unlabeled: z.string().exactOptional(),
  /** SHA-256 of the labels file, if there is one; of several, those of all. */
  labelsFile: z.string().exactOptional(),
  /** Whether pictures may have several labels. Default false. */
  multiLabel: z.boolean().exactOptional(),
});

/** Identity of a run's data. */
export type DataRecord = z.infer<typeof schema>;

/** The record of data. */
export function dataRecord({
  classNames,
  train,
  validation,
  test,
  all,
  layout,
  labelsFiles,
}: FlowerData): DataRecord {
  const labels = labelTexts(all);
  const known = new Map([...labelTexts(validation), ...labels]); // of --val-data; training labels may be hidden
  const added = train.keys.filter((key) => !known.has(key));
  const hash = createHash("sha256");
  for (const { keys } of [train, validation]) {
    const own = keys.filter((key) => known.has(key));
    hash.update(`${own.length}\n`);
    for (const key of own) hash.update(`${known.get(key)} ${key.normalize("NFC")}\n`);
  }
  const named = (keys: readonly string[]) => digestOf(keys.map((key) => `${labels.get(key)} ${key}`));
  const digests = labelsFiles.map(({ sha256 }) => sha256);
  return {
    ...{ classNames, layout, pictures: hash.digest("hex"), all: named(all.keys) },
    ...(test && { test: named(test.keys) }),
    ...(added.length > 0 && { unlabeled: digestOf(added) }),
    ...(digests.length > 0 && { labelsFile: digests.join(" ") }),
    ...(all.multiHot && { multiLabel: true }),
  };
}

function labelTexts(store: SampleStore): Map<string, string> {
  return new Map(store.keys.map((key, i) => [key, labelText(store, i)]));
}

/** A picture's class; its classes in brackets, where it may have several. */
function labelText(store: SampleStore, index: number): string {
  return store.multiHot === undefined ? `${store.labels[index]}` : `[${store.classesOf(index)}]`;
}

function digestOf(names: readonly string[]): string {
  const text = names.map((name) => `${name.normalize("NFC")}\n`).join("");
  return createHash("sha256").update(text).digest("hex");
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
  const { classNames, pictures, unlabeled, test, labelsFile } = dataRecord(data);
  if (before.labelsFile !== labelsFile) {
    const names = data.labelsFiles.map(({ path }) => path).join(", ") || "none";
    throw new UsageError(
      `--resume: expected the labels file that '${folder}' began with, got another (${names}): its SHA-256 was ${before.labelsFile ?? "none"}, is ${labelsFile ?? "none"}`,
    );
  }
  if (!areSameNames(before.classNames, classNames)) {
    throw new UsageError(
      `--resume: expected data of the run's classes (${before.classNames.join(", ")}), got ${classNames.join(", ")}`,
    );
  }
  if (before.pictures !== pictures || before.unlabeled !== unlabeled || before.test !== test) {
    throw new UsageError(
      `--resume: expected the pictures that '${folder}' began with, got others: pictures were added, removed or renamed`,
    );
  }
}

/** @throws UsageError if a run of a series has other classes or pictures than `first`, whatever their split. */
export function requireSamePictures(name: string, record: DataRecord, first: DataRecord): void {
  const isSame =
    areSameNames(first.classNames, record.classNames) &&
    (first.all ?? record.all) === (record.all ?? first.all) && // earlier records have none
    first.unlabeled === record.unlabeled;
  if (!isSame)
    throw new UsageError(
      `${name}: expected the pictures of the series' first run, got others: pictures were added, removed or renamed`,
    );
}
