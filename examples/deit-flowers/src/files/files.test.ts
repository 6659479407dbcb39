import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { bit, bitSizes } from "bit-teacher";
import { startBackend } from "tfjs-backends";
import { beforeAll, describe, expect, test } from "vitest";
import { emptyFolder } from "../../test/workspace.ts";
import { inputRangeOf, setInputRange } from "../models/input-range.ts";
import { loadLayersModelFile, saveLayersModelFile } from "./layers-model-files.ts";
import { makeRunFolder, removeIfEmpty } from "./run-folder.ts";
import { writeAtomically } from "./write-atomically.ts";

describe("a layers model on disk", () => {
  beforeAll(() => startBackend("cpu"));

  test("comes back with its logits and the range that it takes", async () => {
    const folder = await emptyFolder();
    const model = bit({ ...bitSizes.tiny, imageSize: 16, classes: 3 });
    setInputRange(model, [0, 1]);
    await saveLayersModelFile(model, folder);
    expect((await readdir(folder)).sort()).toEqual(["model.json", "weights.bin"]);
    const loaded = await loadLayersModelFile(folder);
    const x = tf.randomUniform([2, 16, 16, 3], 0, 1, "float32", 1);
    expect((loaded.predict(x) as tf.Tensor).arraySync()).toEqual((model.predict(x) as tf.Tensor).arraySync());
    expect(inputRangeOf(loaded)).toEqual([0, 1]);
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
    await saveLayersModelFile(bit({ ...bitSizes.tiny, imageSize: 16, classes: 3 }), folder);
    const weights = await readFile(join(folder, "weights.bin"));
    await writeFile(join(folder, "weights.bin"), weights.subarray(8));
    await expect(loadLayersModelFile(folder)).rejects.toThrow(
      `its weight files must hold ${weights.length} bytes, got ${weights.length - 8}`,
    );
  });
});

test("a file is replaced whole, and a failure leaves no piece of one", async () => {
  const folder = await emptyFolder();
  await writeAtomically(join(folder, "a", "b.txt"), "one");
  await writeAtomically(join(folder, "a", "b.txt"), "two");
  expect(await readFile(join(folder, "a", "b.txt"), "utf8")).toBe("two");
  await mkdir(join(folder, "taken"));
  await expect(writeAtomically(join(folder, "taken"), "x")).rejects.toThrow();
  expect((await readdir(folder)).sort()).toEqual(["a", "taken"]);
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
