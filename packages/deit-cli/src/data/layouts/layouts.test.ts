// What layouts of photos give a run: training, held-out and test pictures, one line about them, and the run's record.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SampleStore } from "image-source";
import sharp from "sharp";
import { emptyFolder, folderOf } from "test-kit";
import { beforeAll, describe, expect, test } from "vitest";
import { recorder, settingsOf } from "../../../test/workspace.ts";
import { dataRecord, requireSameData, writeDataRecord } from "../../runs/data-record.ts";
import { openData } from "../open-data.ts";

/** Different pictures. */
let pictures: Buffer[];
beforeAll(async () => {
  const gray = (i: number) => ({ r: i, g: i, b: i });
  const one = (i: number) =>
    sharp({ create: { width: 4, height: 4, channels: 3, background: gray(i) } })
      .png()
      .toBuffer();
  pictures = await Promise.all(Array.from({ length: 200 }, (_, i) => one(i)));
});

/** Files of different pictures, and others. */
function files(names: readonly string[], others: Readonly<Record<string, string>> = {}) {
  return folderOf({ ...Object.fromEntries(names.map((name, i) => [name, pictures[i]!])), ...others });
}

/** A number of pictures in each class of each folder. */
function inClasses(counts: Readonly<Record<string, number>>): string[] {
  return Object.entries(counts).flatMap(([folder, count]) =>
    Array.from({ length: count }, (_, i) => `${folder}/${i}.png`),
  );
}

async function open(options: Readonly<Record<string, unknown>>, use: "train" | "judge" = "train") {
  return openData(settingsOf(options), recorder(), undefined, { use });
}

const listed = ({ keys, classesOf, classNames }: SampleStore, store: SampleStore) =>
  keys.map((key, i) => `${key} ${classesOf.call(store, i).map((label) => classNames[label])}`).sort();

const PARTS = { "train/cats": 6, "train/dogs": 6, "val/cats": 2, "val/dogs": 3, "test/dogs": 4 };

describe("split folders", () => {
  test("are trained on, held out and kept for the end as they are", async () => {
    const {
      train,
      validation,
      test: last,
      layout,
      description,
      notes,
      judgedByEpoch,
    } = await open({
      data: await files(inClasses(PARTS)),
    });
    expect([train.size, validation.size, last!.size, judgedByEpoch]).toEqual([12, 5, 4, 5]);
    expect(new Set(train.keys.map((key) => key.split("/")[0]))).toEqual(new Set(["train"]));
    expect([layout, notes]).toEqual(["split folders", []]);
    expect(description).toBe("21 photos in split folders, 2 classes: 12 to train on, 5 held out, 4 to test.");
  });

  test("without val/ hold out a tenth of train/, or the share that is asked for", async () => {
    const data = await files(inClasses({ "train/cats": 10, "train/dogs": 10, "test/cats": 5 }));
    expect((await open({ data })).description).toBe(
      "25 photos in split folders, 2 classes: 18 to train on, 2 held out, 5 to test.",
    );
    const { train, validation } = await open({ data, valSplit: 0.3 });
    expect([train.size, validation.size]).toEqual([14, 6]);
  });

  test("give a cross-validation their training pictures only", async () => {
    const base = settingsOf({ data: await files(inClasses(PARTS)), folds: 3 });
    const folds = await Promise.all(
      [1, 2, 3].map((fold) => openData({ ...base, data: { ...base.data, fold } }, recorder())),
    );
    const heldOut = folds.flatMap(({ validation }) => validation.keys);
    expect(heldOut.sort()).toEqual(inClasses({ "train/cats": 6, "train/dogs": 6 }).sort());
  });

  test("with a picture in two parts say so", async () => {
    const root = await files(inClasses(PARTS));
    await writeFile(join(root, "val/cats/1.png"), pictures[3]!);
    expect((await open({ data: root })).notes).toEqual([
      "1 held-out picture is among the training pictures too, such as 'val/cats/1.png' ('train/cats/3.png'): accuracy on them is too high",
    ]);
  });

  test("are refused with --val-split or --val-data beside val/", async () => {
    const data = await files(inClasses(PARTS));
    await expect(open({ data, valSplit: 0.2 })).rejects.toThrow(
      "--val-split: expected data without held-out pictures of its own, got 5 of them",
    );
    const valData = await files(inClasses({ cats: 2, dogs: 2 }));
    await expect(open({ data, valData })).rejects.toThrow("--val-data: expected data without held-out");
    expect((await open({ data, valSplit: 0.2 }, "judge")).validation.size).toBe(5); // of another run's settings
  });
});

describe("a labels file", () => {
  const rows = [
    "file,label,split",
    ...Array.from(
      { length: 20 },
      (_, i) => `${i}.png,${i % 2 ? "b/1" : "a"},${i < 14 ? "train" : i < 18 ? "val" : "test"}`,
    ),
  ];
  const names = Array.from({ length: 20 }, (_, i) => `${i}.png`);

  test("in the data is found, and named in the line about it", async () => {
    const data = await files(names, { "labels.csv": rows.join("\n") });
    const { description, train, validation, test: last, labelsFiles } = await open({ data });
    expect(description).toBe("20 photos with labels.csv, 2 classes: 14 to train on, 4 held out, 2 to test.");
    expect([train.size, validation.size, last!.size]).toEqual([14, 4, 2]);
    expect(labelsFiles.map(({ path }) => path)).toEqual(["labels.csv"]);
    await expect(open({ data, labelsFile: "off" })).rejects.toThrow("got pictures (20) and no folder");
  });

  test("elsewhere may say several classes of each photo", async () => {
    const elsewhere = join(await emptyFolder(), "any.jsonl");
    const json = names.map((path, i) => JSON.stringify({ path, labels: i % 3 ? ["a", "b"] : ["c"] }));
    await writeFile(elsewhere, json.join("\n"));
    const { description, train, validation, all } = await open({
      data: await files(names),
      labelsFile: elsewhere,
      valSplit: 0.25,
    });
    expect(description).toMatch(
      /^20 photos with \S+any.jsonl, any number of classes each, 3 classes: 15 to train on, 5 held out\.$/,
    );
    expect([...listed(train, train), ...listed(validation, validation)].sort()).toEqual(listed(all, all));
  });

  test("that was changed is refused on resume, whatever it says", async () => {
    const data = await files(names, { "labels.csv": rows.join("\n") });
    const folder = await emptyFolder();
    await writeDataRecord(folder, await open({ data }));
    await requireSameData(folder, await open({ data }));
    await writeFile(join(data, "labels.csv"), `${rows.join("\n")}\n`);
    await expect(requireSameData(folder, await open({ data }))).rejects.toThrow(
      /^--resume: expected the labels file that '.*' began with, got another \(labels.csv\): its SHA-256 was [0-9a-f]{64}, is [0-9a-f]{64}$/,
    );
  });
});

describe("--val-data", () => {
  test("is held out, with the classes of the training photos in whatever order, and all others are trained on", async () => {
    const data = await files(inClasses({ cats: 5, dogs: 5 }));
    const csv = ["path,label", ...inClasses({ x: 3 }).map((path, i) => `${path},${i ? "dogs" : "cats"}`)];
    const valData = await folderOf({
      ...Object.fromEntries(inClasses({ x: 3 }).map((name, i) => [name, pictures[100 + i]!])),
      "labels.csv": csv.join("\n"),
    });
    const opened = await open({ data, valData });
    expect(opened.description).toBe(
      "10 photos in class folders, 2 classes: 10 to train on, 3 held out (--val-data).",
    );
    expect(listed(opened.validation, opened.validation)).toEqual([
      "val-data/x/0.png cats",
      "val-data/x/1.png dogs",
      "val-data/x/2.png dogs",
    ]);
    expect([opened.all.size, opened.judgedByEpoch]).toEqual([10, 3]);
    const record = dataRecord(opened);
    await writeFile(
      join(valData, "labels.csv"),
      csv.toReversed().toSorted().join("\n").replace("2.png,dogs", "2.png,cats"),
    );
    const other = dataRecord(await open({ data, valData }));
    expect([other.all === record.all, other.pictures === record.pictures]).toEqual([true, false]);
  });

  test("of fewer classes says which is not judged; of others it is refused with both lists", async () => {
    const data = await files(inClasses({ cats: 5, dogs: 5 }));
    const few = await files(inClasses({ dogs: 2 }));
    expect((await open({ data, valData: few })).notes.at(-1)).toBe(
      "2 held-out pictures are among the training pictures too, such as 'val-data/dogs/0.png' ('cats/0.png'): accuracy on them is too high",
    );
    expect((await open({ data, valData: few })).notes).toContain(
      "class 'cats' has no held-out picture: it is not judged",
    );
    const others = await files(inClasses({ cows: 2, dogs: 2 }));
    await expect(open({ data, valData: others })).rejects.toThrow(
      `--val-data: ${others}: expected the classes of the training photos (cats, dogs), got cows, dogs; unknown: cows`,
    );
    const parts = await files(inClasses(PARTS));
    await expect(open({ data, valData: parts })).rejects.toThrow("got parts of a split in");
    const several = await files(["1.png"], { "labels.csv": "path,labels\n1.png,cats;dogs\n" });
    await expect(open({ data, valData: several })).rejects.toThrow(
      "expected photos of one class each, as to train on, got any number of classes each",
    );
  });
});

test("--val-split holds out that share of each class, as scikit-learn counts, the same pictures whatever the seed", async () => {
  const data = await files(inClasses({ cats: 30, dogs: 20 }));
  const one = await open({ data, valSplit: 0.2, seed: 1 });
  const two = await open({ data, valSplit: 0.2, seed: 2 });
  const counts = [0, 1].map((label) => one.validation.labels.filter((other) => other === label).length);
  expect(counts).toEqual([6, 4]);
  expect(two.validation.keys).toEqual(one.validation.keys);
  await expect(open({ data, valSplit: 0.01 })).rejects.toThrow(
    "--val-split: stratifiedSplit: expected at least one sample for each of 2 classes in both parts, got 49 and 1",
  );
});

test("--nested-classes has classes by their path, in the line and in the samples", async () => {
  const data = await files(inClasses({ "a/x": 10, "a/y": 10, "b/x": 10 }));
  const { classNames, description } = await open({ data, nestedClasses: true });
  expect(classNames).toEqual(["a/x", "a/y", "b/x"]);
  expect(description).toBe("30 photos in nested class folders, 3 classes: 27 to train on, 3 held out.");
});

test("settings that say the same twice, or are for photos, are refused", async () => {
  expect(() => settingsOf({ data: "x", valData: "y", valSplit: 0.2 })).toThrow(
    "--val-data and --val-split: expected one of the two, got both",
  );
  for (const [name, value] of [
    ["valSplit", 0.2],
    ["valData", "y"],
    ["labelsFile", "z.csv"],
    ["nestedClasses", true],
  ] as const)
    expect(() => settingsOf({ [name]: value })).toThrow(
      "expected --data or --download with it, got drawn flowers",
    );
  expect(() => settingsOf({ data: "x", valSplit: 1 })).toThrow(
    "--val-split: data.valSplit must be in (0, 1), got 1",
  );
});
