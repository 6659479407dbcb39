import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { bit, bitSizes } from "bit-teacher";
import { saveModel } from "named-weights/node";
import { addNotes, loadLayersModelFile, notesOf } from "open-classifier";
import { emptyFolder } from "test-kit";
import { startBackend } from "tfjs-backends";
import { beforeAll, describe, expect, test } from "vitest";
import { smallDisk } from "../../test/small-disk.ts";
import { readDataRecord } from "../runs/data-record.ts";
import { makeRunFolder, removeIfEmpty } from "../runs/run-folder.ts";
import { readRecord } from "../runs/run-record.ts";
import { finishedStage } from "../runs/stages.ts";
import { StageMeter } from "../training/stage-meter.ts";
import { shortPath } from "./short-path.ts";
import { removeTemporaries, writeAtomically } from "./write-atomically.ts";

describe("a layers model on disk", () => {
  beforeAll(() => startBackend("cpu"));

  test("comes back with its logits and the range that it takes", async () => {
    const folder = await emptyFolder();
    const model = bit({ ...bitSizes.tiny, imageSize: 16, classes: 3 });
    addNotes(model, { inputRange: [0, 1] });
    await saveModel(model, folder);
    expect((await readdir(folder)).sort()).toEqual(["model.json", "weights.bin"]);
    const loaded = await loadLayersModelFile(folder);
    const x = tf.randomUniform([2, 16, 16, 3], 0, 1, "float32", 1);
    expect((loaded.predict(x) as tf.Tensor).arraySync()).toEqual((model.predict(x) as tf.Tensor).arraySync());
    expect(notesOf(loaded).inputRange).toEqual([0, 1]);
  });

  test("is refused by name where it is absent, no model, or cut short", async () => {
    const folder = await emptyFolder();
    await expect(loadLayersModelFile(folder)).rejects.toThrow(
      `${join(folder, "model.json")}: expected a tfjs layers model (model.json), could not read it`,
    );
    await writeFile(join(folder, "model.json"), "{}");
    await expect(loadLayersModelFile(folder)).rejects.toThrow(
      "expected a tfjs layers model, got something else",
    );
    await saveModel(bit({ ...bitSizes.tiny, imageSize: 16, classes: 3 }), folder);
    const weights = await readFile(join(folder, "weights.bin"));
    await writeFile(join(folder, "weights.bin"), weights.subarray(8));
    await expect(loadLayersModelFile(folder)).rejects.toThrow(
      `its weight files (weights.bin) must hold ${weights.length} bytes, got ${weights.length - 8}`,
    );
  });

  test.each([
    ["no topology", /"modelTopology":.*"format"/, '"format"', "it has no modelTopology"],
    ["a layer that TensorFlow.js does not know", '"Dense"', '"Denser"', "Unknown layer: Denser"],
    ["a layer's name that is none", /"name":"head[^"]*"/g, '"name":"h\\u0000d"', "is not a valid layer name"],
    [
      "a weight of no layer",
      '"name":"head.fc/kernel","shape"',
      '"name":"head.fd/kernel","shape"',
      "head.fd/kernel",
    ],
    ["a weight of no type", /"dtype":"float32"(?=\}\],"sha256")/, '"dtype":"float23"', "float23"],
  ])("leaves no tensors where it is refused: %s", async (_, what, instead, message) => {
    const folder = await emptyFolder();
    const model = bit({ ...bitSizes.tiny, imageSize: 16, classes: 3 });
    await saveModel(model, folder);
    const file = join(folder, "model.json");
    const text = await readFile(file, "utf8");
    const changed = text.replace(what, instead);
    expect(changed).not.toBe(text);
    await writeFile(file, changed);
    const before = tf.memory().numTensors;
    await expect(loadLayersModelFile(folder)).rejects.toThrow(message);
    expect(tf.memory().numTensors).toBe(before);
  });
});

test("files of a run that hold something else are refused by name", async () => {
  const folder = await emptyFolder();
  const write = async (name: string, text: string) => {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  };
  const lines = async (path: string) => {
    const meter = new StageMeter(path);
    meter.setParams({ initialStep: 0, steps: 1 });
    await meter.onTrainBegin();
  };
  const readers: Readonly<Record<string, () => Promise<unknown>>> = {
    "data.json": () => readDataRecord(folder),
    "result.json": () => readRecord(folder),
    "resume/teacher.json": () => finishedStage(folder, "teacher"),
    "log/teacher.jsonl": () => lines(join(folder, "log/teacher.jsonl")),
  };
  for (const [name, read] of Object.entries(readers)) {
    for (const [text, reason] of [
      ["null", "expected object, received null"],
      ["[]", "expected object, received array"],
      ["{", "expected JSON, got: "],
      ["{}", /: expected \w+/],
    ] as const) {
      await write(name, text);
      await expect(read(), `${name}: ${text}`).rejects.toThrow(join(folder, name));
      await expect(read(), `${name}: ${text}`).rejects.toThrow(reason);
    }
  }
  const teacher = {
    name: "teacher",
    params: 1,
    valAccuracy: 1,
    imagesPerSecond: 1,
    history: { loss: [1, null] },
  };
  await write("resume/teacher.json", JSON.stringify({ result: teacher }));
  await expect(finishedStage(folder, "teacher")).rejects.toThrow(
    "teacher.json: result.history.loss.1: expected number, received null",
  );
  await write("log/teacher.jsonl", '{"event":"begin","step":0}\n{"event":"step"}\n');
  await expect(lines(join(folder, "log/teacher.jsonl"))).rejects.toThrow(
    "teacher.jsonl, line 2: step: expected number, received undefined",
  );
});

test("a file is replaced whole, and a failure leaves no piece of one", async () => {
  const folder = await emptyFolder();
  await writeAtomically(join(folder, "a", "b.txt"), "one");
  await writeAtomically(join(folder, "a", "b.txt"), "two");
  expect(await readFile(join(folder, "a", "b.txt"), "utf8")).toBe("two");
  await mkdir(join(folder, "taken"));
  await expect(writeAtomically(join(folder, "taken"), "x")).rejects.toThrow(
    `${join(folder, "taken")}: could not write its 1 bytes: `,
  );
  expect((await readdir(folder)).sort()).toEqual(["a", "taken"]);
});

test("what a killed process left unfinished goes, and nothing else", async () => {
  const folder = await emptyFolder();
  await mkdir(join(folder, "a"));
  for (const name of ["b.json.4711.tmp", "a/c.bin.1.tmp", "mine.tmp", "a/d.json"])
    await writeFile(join(folder, name), "x");
  await removeTemporaries(folder);
  expect((await readdir(folder, { recursive: true })).sort()).toEqual(["a", "a/d.json", "mine.tmp"]);
});

test("a full disk is named with the file, the old file stays and nothing of the new one", async ({
  skip,
}) => {
  const folder = await smallDisk();
  if (folder === undefined) return skip("no small file system can be mounted here");
  const path = join(folder, "report.html");
  await writeAtomically(path, "old");
  await expect(writeAtomically(path, new Uint8Array(200_000))).rejects.toThrow(
    `${path}: could not write its 200000 bytes: ENOSPC: no space left on device`,
  );
  expect(await readFile(path, "utf8")).toBe("old");
  expect(await readdir(folder)).toEqual(["report.html"]);
});

test("a run's folder is a new one, and goes away empty", async () => {
  const out = await emptyFolder();
  const folder = await makeRunFolder(out, "run");
  await expect(makeRunFolder(out, "run")).rejects.toThrow(
    `--name: expected a new run, got '${folder}', which exists`,
  );
  await removeIfEmpty(folder, { logs: "remove" });
  expect(await readdir(out)).toEqual([]);
  await writeFile(join(out, "file"), "");
  await expect(makeRunFolder(join(out, "file"), "run")).rejects.toThrow(
    "expected a folder that can be written to",
  );
});

test("paths are printed as a shell takes them", () => {
  expect(shortPath("runs/été_1")).toBe(join("runs", "été_1"));
  if (process.platform === "win32") return;
  expect(shortPath("my runs/a")).toBe("'my runs/a'");
  expect(shortPath("it's/$HOME")).toBe("'it'\\''s/$HOME'");
});
