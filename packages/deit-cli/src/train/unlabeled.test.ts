import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { SampleStore } from "image-source";
import { emptyFolder } from "test-kit";
import { smallSet } from "test-kit/pictures";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { recorder, settingsOf } from "../../test/workspace.ts";
import { run } from "./run.ts";

vi.setConfig({ testTimeout: 600_000 });

/** Labels of drawn flowers, the split and the kept labels of a first run, which a second one gets again: their hidden labels permuted. */
const first = vi.hoisted(() => ({
  kept: undefined as undefined | Int32Array,
  split: undefined as undefined | { train: readonly string[]; validation: readonly string[] },
  isSecond: false,
}));

vi.mock(import("../data/training-labels.ts"), async (original) => {
  const own = await original();
  return {
    ...own,
    hideLabels: (train: SampleStore, labels: string | undefined, seed: number) => {
      if (labels === undefined || !first.isSecond) {
        const kept = own.hideLabels(train, labels, seed);
        first.kept = kept.labels;
        return kept;
      }
      return new (train.constructor as typeof SampleStore)({ ...train, labels: first.kept! });
    },
  };
});

vi.mock(import("flowers-data/node"), async (original) => {
  const own = await original();
  return {
    ...own,
    proceduralFlowers: async (options) => {
      const store = await own.proceduralFlowers(options);
      if (!first.isSecond) return store;
      const { train } = first.split!;
      const hidden = train.filter((_, i) => first.kept![i]! < 0).map((key) => store.keys.indexOf(key));
      const labels = store.labels.slice();
      hidden.forEach((i, place) => {
        labels[i] = store.labels[hidden[(place + 11) % hidden.length]!]!;
      });
      if (String(labels) === String(store.labels)) throw new Error("nothing is permuted");
      return new (store.constructor as typeof SampleStore)({ ...store, labels });
    },
    splitFlowers: (store, ...rest) => {
      if (!first.isSecond) {
        const split = own.splitFlowers(store, ...rest);
        first.split = { train: split.train.keys, validation: split.validation.keys };
        return split;
      }
      const part = (keys: readonly string[]) => store.subset(keys.map((key) => store.keys.indexOf(key)));
      return { train: part(first.split!.train), validation: part(first.split!.validation) };
    },
  };
});

beforeEach(() => {
  first.isSecond = false;
});

async function tinyRun(options: Record<string, unknown>) {
  const out = await emptyFolder();
  const output = recorder();
  const settings = settingsOf({ preset: "tiny", name: "run", out, backend: "wasm", epochs: 1, ...options });
  const result = await run(settings, output);
  return { result, folder: join(out, "run"), text: output.text() };
}

const MODELS = ["teacher", "student-alone", "student-distilled"];
/** Numbers of a log that are times, not results. */
const TIMES = /second|waiting|time|date/i;

async function bitsOf(folder: string) {
  const weights = await Promise.all(MODELS.map((model) => readFile(join(folder, model, "weights.bin"))));
  const logs = await Promise.all(
    MODELS.map((model) => readFile(join(folder, "log", `${model}.jsonl`), "utf8")),
  );
  const lines = logs.flatMap((log) => log.trim().split("\n"));
  const numbers = lines.map((line) =>
    Object.entries(JSON.parse(line) as object).filter(([name]) => !TIMES.test(name)),
  );
  return { weights: weights.map((bytes) => bytes.toString("base64")), numbers };
}

describe("--labels", () => {
  test("keeps a part for teacher and student alone; the distilled one sees all pictures", async () => {
    const { result, text, folder } = await tinyRun({ count: 100, labels: "20%" });
    expect(text).toContain(
      "data: 100 drawn flowers, 5 classes: 18 labeled and 72 unlabeled to train on, 10 held out. Only a student with a teacher learns from the unlabeled ones.",
    );
    expect(result.dataDescription).toContain("18 labeled and 72 unlabeled");
    const steps = async (model: string) => {
      const log = await readFile(join(folder, "log", `${model}.jsonl`), "utf8");
      return log.split("\n").filter((line) => line.includes("gradientNorm")).length;
    };
    // Batches of 16.
    expect([await steps("teacher"), await steps("student-alone"), await steps("student-distilled")]).toEqual([
      2 * 2,
      2,
      6,
    ]);
  });

  test.each([
    ["answers and MixUp", { mixup: 0.8 }],
    ["features", { hints: "auto", alpha: 0 }],
  ])("permuting the hidden labels changes no bit, with %s", async (_, options) => {
    const before = await tinyRun({ count: 60, labels: "2/class", ...options });
    first.isSecond = true;
    const after = await tinyRun({ count: 60, labels: "2/class", ...options });
    expect(await bitsOf(after.folder)).toEqual(await bitsOf(before.folder));
    const figures = ({ result }: typeof before) =>
      result.models.map(({ name, params, valAccuracy, right, history }) => ({
        name,
        params,
        valAccuracy,
        right,
        history,
      }));
    expect(figures(after)).toEqual(figures(before));
    expect(after.result.dataDescription).toEqual(before.result.dataDescription);
  });

  test("refuses fewer labels than classes, more than there are, and other words", async () => {
    await expect(tinyRun({ count: 60, labels: "3" })).rejects.toThrow(
      "--labels: expected at least a label for each of 5 classes and at most 54, got 3",
    );
    await expect(tinyRun({ count: 60, labels: "40/class" })).rejects.toThrow(
      "--labels: perClass must be at most",
    );
    for (const labels of ["0%", "101%", "ten", "1.5", "1.5/class"])
      await expect(tinyRun({ labels })).rejects.toThrow(
        `--labels: data.labels must be a share such as 10%, a number, or a number of each class such as 20/class, got '${labels}'`,
      );
  });
});

describe("--unlabeled", () => {
  async function folders() {
    const root = await emptyFolder();
    const files = Object.values(await smallSet());
    const write = async (name: string, data: Uint8Array) => {
      await mkdir(dirname(join(root, name)), { recursive: true });
      await writeFile(join(root, name), data);
    };
    return { root, files, write };
  }

  test("adds pictures of any folders; copies of the data's are left out", async () => {
    const { root, write } = await folders();
    const sharp = (await import("sharp")).default;
    const picture = (i: number) =>
      sharp({
        create: { width: 9 + i, height: 12, channels: 3, background: { r: 5 * i, g: 90, b: 255 - 5 * i } },
      })
        .png()
        .toBuffer();
    for (let i = 0; i < 40; i++) await write(`photos/${i % 2 ? "cats" : "dogs"}/${i}.png`, await picture(i));
    for (let i = 38; i < 47; i++)
      await write(i % 2 ? `more/${i}.png` : `more/deep/er/${i}.png`, await picture(i));
    const options = { data: join(root, "photos"), unlabeled: join(root, "more"), preset: "tiny" };
    const { result, text, folder } = await tinyRun(options);
    expect(text).toContain("--unlabeled: left out: 2 pictures that the data has too");
    expect(text).toContain(
      "40 photos in class folders, 2 classes: 36 labeled and 7 unlabeled to train on, 4 held out.",
    );
    expect(result.environment.trainingImages).toBe(43);
    const record = JSON.parse(await readFile(join(folder, "data.json"), "utf8"));
    expect(Object.keys(record)).toEqual(["classNames", "layout", "pictures", "all", "unlabeled"]);
    await expect(tinyRun({ ...options, unlabeled: join(root, "photos") })).rejects.toThrow(
      "photos: expected pictures that the data does not have, got 40 that it has",
    );
    await rename(join(root, "more"), join(root, "gone"));
    await expect(tinyRun(options)).rejects.toThrow(
      "more: expected an archive or a folder of pictures, got no such",
    );
  });

  test("needs photos and a teacher", () => {
    expect(() => settingsOf({ data: "a", unlabeled: "b", students: "alone" })).toThrow(
      "--unlabeled: expected a student with a teacher, got --students alone",
    );
    expect(() => settingsOf({ unlabeled: "b" })).toThrow(
      "--unlabeled: expected --data or --download with it, got drawn flowers",
    );
  });
});
