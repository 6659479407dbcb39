// Pictures with several labels, from the labels file to predictions.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { saveModel } from "named-weights/node";
import sharp from "sharp";
import { emptyFolder } from "test-kit";
import { startBackend } from "tfjs-backends";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { recorder, settingsOf } from "../../test/workspace.ts";
import { parseCommandLine } from "../cli.ts";
import { isSeries } from "../settings/series.ts";
import { run } from "./run.ts";
import { runSeries } from "./series.ts";

vi.setConfig({ testTimeout: 120_000 });
beforeAll(() => startBackend("cpu"));

/** Runs a command line; returns its output. */
async function start(...args: string[]): Promise<string> {
  const output = recorder();
  const parsed = parseCommandLine(["node", "deit-cli", ...args, "--backend", "cpu"])!;
  await parsed.command.run({ ...parsed, output });
  return output.text();
}

/** Writes a picture of one color. */
function paint(path: string, [r, g, b]: readonly [number, number, number]): Promise<unknown> {
  const create = { width: 8, height: 8, channels: 3 as const, background: { r, g, b } };
  return sharp({ create }).png().toFile(path);
}

/** A folder of pictures of one color each, named by a number, and `labels.csv`: columns `path`, `labels`, `split`. */
async function folderOf(
  pictures: readonly { color: readonly [number, number, number]; labels: string; split: string }[],
): Promise<string> {
  const folder = await emptyFolder();
  await Promise.all(pictures.map(({ color }, i) => paint(join(folder, `${i}.png`), color)));
  const rows = pictures.map(({ labels, split }, i) => `${i}.png,${labels},${split}`);
  await writeFile(join(folder, "labels.csv"), `path,labels,split\n${rows.join("\n")}\n`);
  return folder;
}

/** 48 pictures that are red, blue, both or neither; every third is held out. */
function redAndBlue(): Promise<string> {
  return folderOf(
    Array.from({ length: 48 }, (_, i) => {
      const [red, blue] = [i % 2, Math.floor(i / 2) % 2];
      const shade = 200 + (i % 7) * 8;
      const labels = [...(red ? ["red"] : []), ...(blue ? ["blue"] : [])].join(";");
      return { color: [red * shade, 0, blue * shade], labels, split: i % 3 ? "train" : "val" };
    }),
  );
}

const ALONE = { preset: "tiny", name: "run", backend: "cpu", students: "alone" };

test("a run has mAP, macro recall, macro F1 and exact match in its records, its report and its evaluation", async () => {
  const out = await emptyFolder();
  const folder = join(out, "run");
  const output = recorder();
  const settings = settingsOf({ ...ALONE, data: await redAndBlue(), out, epochs: 25, learningRate: 5e-3 });
  const { models } = await run(settings, output);
  const [student] = models;
  const one = { averagePrecision: 1, recall: 1, precision: 1, count: 8 };
  const figures = { map: 1, macroRecall: 1, macroF1: 1, exactMatch: 1 };
  expect(student!.multiLabel).toEqual({ ...figures, classes: [one, one] });
  expect(student!.valAccuracy).toBe(1);
  expect(student!.history.val_accuracy![0]).toBeLessThan(1); // it has learned
  expect(JSON.parse(await readFile(join(folder, "result.json"), "utf8")).models[0].multiLabel).toMatchObject(
    figures,
  );
  expect(JSON.parse(await readFile(join(folder, "summary.json"), "utf8"))[0].multiLabel).toMatchObject(
    figures,
  );
  expect(output.text()).toMatch(/model +parameters +mAP +macro recall +macro F1 +exact match /);
  expect(output.text()).toContain("accuracy by epoch is exact match");
  expect(output.text()).toContain("The student reaches 100.0% mAP on 16 held-out pictures.");
  const rows = (await readFile(join(folder, "pictures.csv"), "utf8")).split("\n");
  expect(rows).toContain("0.png,,student alone,42,,1");
  expect(rows).toContain("15.png,blue;red,student alone,42,blue;red,1");

  const report = await readFile(join(folder, "report.html"), "utf8");
  expect(report).toContain("<h1>The student reaches 100.0% mAP on 16 held-out pictures</h1>");
  expect(report).toContain(
    `<tr><th scope="row">red</th><td>8</td><td>100.0%</td><td>100.0%</td><td>100.0%</td></tr>`,
  );
  expect(report).not.toMatch(/confusion<|Worst mistakes|--students/);
  expect(await start("report", folder)).toContain("report.html");

  const evaluated = JSON.parse(await start("evaluate", folder, "--json"));
  expect(evaluated.models).toEqual([
    {
      ...{ model: join(folder, "student-alone"), pictures: 16, accuracy: 1, ...figures },
      classes: ["blue", "red"].map((name) => ({ name, ...one })),
    },
  ]);
  await expect(start("calibrate", folder)).rejects.toThrow(
    "calibrate: expected pictures with one class each",
  );
  await expect(start("report", folder, folder)).rejects.toThrow(
    "report: expected runs on pictures with one class each to compare",
  );
});

test.each([
  [{ students: "both" }, "--students: expected alone for pictures with several labels, got both"],
  [{ loss: "cross-entropy" }, "--loss: expected bce or focal for pictures with several labels"],
  [{ folds: 2 }, "--folds: expected pictures with one class each, got several labels"],
  [{ seeds: "2" }, "--seeds: expected one run for pictures with several labels, got a series"],
])("%j is refused for several labels before anything is trained", async (options, message) => {
  const settings = settingsOf({ ...ALONE, data: await redAndBlue(), out: await emptyFolder(), ...options });
  await expect((isSeries(settings) ? runSeries : run)(settings, recorder())).rejects.toThrow(message);
});

/** A model of red, green and blue whose logits are 8 × a picture's mean of the color, in [0, 1], less 4. */
async function colorModel(multiLabel: boolean): Promise<string> {
  const layers = [
    tfl.layers.globalAveragePooling2d({ inputShape: [8, 8, 3], name: "means" }),
    tfl.layers.dense({ units: 3, name: "answers" }),
  ];
  const model = tfl.sequential({ layers });
  model.getLayer("answers").setWeights([tf.mul(tf.eye(3), 8), tf.fill([3], -4)]);
  const classNames = ["red", "green", "blue"];
  model.setUserDefinedMetadata({ classNames, inputRange: [0, 1], outputs: "logits", multiLabel });
  const folder = await emptyFolder();
  await saveModel(model, folder);
  return folder;
}

/** Said to be red; red and blue; red; blue. */
const FOUR = [
  { color: [255, 0, 0], labels: "red", split: "val" },
  { color: [255, 0, 255], labels: "red;blue", split: "val" },
  { color: [204, 0, 102], labels: "red;blue", split: "val" },
  { color: [0, 0, 204], labels: "", split: "val" },
] as const;

describe("a saved model of several labels", () => {
  test("is evaluated by the data's classes, as scikit-learn", async () => {
    const model = await colorModel(true);
    const data = await folderOf([...FOUR, ...FOUR.map((one) => ({ ...one, split: "train" }))]);
    const options = ["--data", data, "--split", "held-out"];
    const { models } = JSON.parse(await start("evaluate", model, ...options, "--json"));
    const [{ map, macroF1, ...others }] = models;
    expect(map).toBeCloseTo((1 + (1 / 2 + 1 / 3)) / 2, 12); // blue: the 4th is above the 3rd
    expect(macroF1).toBeCloseTo((1 + 1 / 2) / 2, 12);
    expect(others).toEqual({
      ...{ model, pictures: 4, accuracy: 0.5, exactMatch: 0.5, macroRecall: 0.75 },
      classes: [
        { name: "blue", averagePrecision: 1 / 2 + (1 / 2) * (2 / 3), recall: 0.5, precision: 0.5, count: 2 },
        { name: "red", averagePrecision: 1, recall: 1, precision: 1, count: 3 },
      ],
    });
    const text = await start("evaluate", model, ...options);
    expect(text).toMatch(/mAP +macro recall +macro F1 +exact match\n.*\n.* 91\.7% +75\.0% +75\.0% +50\.0%\n/);
    expect(text).toMatch(/blue +2 +83\.3% +50\.0% +50\.0%\n/);
    await expect(start("evaluate", model, ...options, "--tta", "flip")).rejects.toThrow(
      "--tta: expected a model of one class a picture",
    );
    await expect(start("evaluate", await colorModel(false), ...options)).rejects.toThrow(
      "expected pictures with one class each, as it was trained on, got several labels",
    );
  });

  test("predicts each class above --threshold, in every form", async () => {
    const model = await colorModel(true);
    const photos = await emptyFolder();
    await paint(join(photos, "a.png"), [255, 0, 204]);
    await paint(join(photos, "b.png"), [102, 0, 0]);
    const predict = (...args: string[]) => start("predict", photos, "--model", model, ...args);
    const sigmoid = (logit: number) => 1 / (1 + Math.exp(-logit));
    const { threshold, photos: found } = JSON.parse(await predict("--json"));
    expect(threshold).toBe(0.5);
    expect(found).toEqual([
      {
        file: join(photos, "a.png"),
        classes: [
          { name: "red", probability: expect.closeTo(sigmoid(4), 5) },
          { name: "blue", probability: expect.closeTo(sigmoid(2.4), 5) },
        ],
      },
      { file: join(photos, "b.png"), classes: [] },
    ]);
    const lines = (await predict("--format", "jsonl", "--threshold", "0.3")).trim().split("\n");
    expect(JSON.parse(lines[1]!).classes).toEqual([
      { name: "red", probability: expect.closeTo(sigmoid(-0.8), 5) },
    ]);
    const [header, a, b] = (await predict("--format", "csv")).split("\r\n");
    expect(header).toBe("file,class,probability,class_2,probability_2,class_3,probability_3,error");
    expect(a).toMatch(/a\.png,red,0\.98\d+,blue,0\.91\d+,,,$/);
    expect(b).toMatch(/b\.png,,,,,,,$/);
    const text = await predict();
    expect(text).toMatch(/red .* 98\.2%\n {2}blue .* 91\.7%\n/);
    expect(text).toContain(`${join(photos, "b.png")}\n  no class\n`);
    expect(JSON.parse(await predict("--json", "--top-k", "1")).photos[0].classes).toHaveLength(1);
  });
});

test("--threshold is refused for a model of one class a photo", async () => {
  const photos = await emptyFolder();
  await paint(join(photos, "a.png"), [255, 0, 0]);
  await expect(
    start("predict", photos, "--model", await colorModel(false), "--threshold", "0.3"),
  ).rejects.toThrow("--threshold: expected a model of several labels");
});
