import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { saveModel } from "named-weights/node";
import { addNotes, openClassifier } from "open-classifier";
import sharp from "sharp";
import { emptyFolder, emptyFolderForAll, largestDifference } from "test-kit";
import { startBackend } from "tfjs-backends";
import { beforeAll, expect, test, vi } from "vitest";
import { recorder } from "../../test/workspace.ts";
import { parseCommandLine } from "../cli.ts";

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });
const root = emptyFolderForAll();

async function start(...args: string[]): Promise<string> {
  const output = recorder();
  const parsed = parseCommandLine(["node", "deit-cli", ...args, "--backend", "cpu"])!;
  await parsed.command.run({ ...parsed, output });
  return output.text();
}
const inRun = async (stage = "") => join(await root, "runs", "trained", stage);

beforeAll(async () => {
  await startBackend("cpu");
  const tiny = ["--preset", "tiny", "--epochs", "1", "--teacher-epochs", "1", "--count", "60"];
  await start("train", ...tiny, "--out", join(await root, "runs"), "--name", "trained");
});

test("writes a run's student for every program, with a card that says how it was trained and how good it is", async () => {
  const to = join(await emptyFolder(), "exported");
  const said = await start(
    "export",
    "--model",
    await inRun(),
    "--to",
    to,
    "--int8",
    "--license",
    "apache-2.0",
  );
  expect(said).toMatch(/exported: transformers, timm, ONNX, tfjs; see README\.md in it\n/);
  expect(said).toMatch(/accuracy [\d.]+% of 6 pictures: this program, on held-out pictures\n/);
  expect(readdirSync(to, { recursive: true }).sort()).toEqual(
    [
      ...["README.md", "config.json", "model.safetensors", "preprocessor_config.json"],
      ...[
        "onnx",
        "onnx/model.onnx",
        "onnx/model_quantized.onnx",
        "timm",
        "timm/config.json",
        "timm/model.safetensors",
      ],
      ...["tfjs", "tfjs/group1-shard1of1.bin", "tfjs/model.json"],
    ].sort(),
  );
  const card = readFileSync(join(to, "README.md"), "utf8");
  expect(card).toMatch(/^---\nlicense: apache-2\.0\n/);
  for (const text of [
    "# trained, student distilled",
    "npx pnpm@12 start train --preset tiny --count 60 --teacher-epochs 1 --epochs 1",
    "| recipe.epochs | 1 |",
    "with the exported preprocessing",
    "`onnx/model_quantized.onnx`, on held-out pictures",
    "tiny BiT",
  ])
    expect(card).toContain(text);
  await start("export", "--model", await inRun(), "--to", to, "--formats", "onnx"); // an earlier export is replaced
  expect(readdirSync(to).sort()).toEqual(["README.md", "onnx", "preprocessor_config.json"]);
});

test.each([
  ["the folder, by transformers' files", "."],
  ["its ONNX file", "onnx/model.onnx"],
  ["its graph model", "tfjs"],
])("what it writes is opened again: %s gives the run's logits", async (_, path) => {
  const to = join(await emptyFolder(), "exported");
  await start("export", "--model", await inRun("student-distilled"), "--to", to);
  const [before, after] = [
    await openClassifier(await inRun("student-distilled")),
    await openClassifier(join(to, path), { pixels: "unit" }),
  ];
  const images = tf.randomUniform([3, 24, 24, 3], 0, 255, "float32", 4);
  const logits = [await before.teacher!.logits(images), await after.teacher!.logits(images)];
  expect(largestDifference(logits[1]!, logits[0]!)).toBeLessThan(1e-5);
  expect(after.classNames).toEqual(before.classNames);
  before.dispose();
  after.dispose();
});

test("a BiT teacher goes to ONNX and tfjs, and the others say why not", async () => {
  const to = join(await emptyFolder(), "teacher");
  const said = await start("export", "--model", await inRun("teacher"), "--to", to);
  expect(said).toMatch(/teacher: ONNX, tfjs; see/);
  expect(said).toMatch(/not for transformers: .*\nnot for timm: /);
  expect(readFileSync(join(to, "README.md"), "utf8")).toContain("- transformers: not in this folder.");
});

test("a model without a run is exported, and its card says that nothing was measured", async () => {
  const folder = await emptyFolder();
  const model = tfl.sequential({
    layers: [tfl.layers.flatten({ inputShape: [8, 8, 3] }), tfl.layers.dense({ units: 2 })],
  });
  addNotes(model, {
    classNames: ["cat", "dog"],
    inputRange: [-1, 1],
    centerCrop: 0.5,
    upright: false,
    outputs: "logits",
  });
  await saveModel(model, join(folder, "model"));
  const to = join(folder, "exported");
  expect(await start("export", "--model", join(folder, "model"), "--to", to)).toContain(
    "accuracy not measured: it lies in no run, and no --data was given\n",
  );
  expect(JSON.parse(readFileSync(join(to, "preprocessor_config.json"), "utf8"))).toMatchObject({
    ...{ image_processor_type: "BitImageProcessor", size: { shortest_edge: 16 }, resample: 3 },
    ...{ crop_size: { height: 8, width: 8 }, image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5] },
  });
  expect(readFileSync(join(to, "README.md"), "utf8")).toContain("were not rotated by their EXIF orientation");
});

test("is measured on pictures of --data where there are some", async () => {
  const folder = await emptyFolder();
  const { classNames } = JSON.parse(readFileSync(join(await inRun(), "data.json"), "utf8")) as {
    classNames: string[];
  };
  for (const name of classNames) {
    mkdirSync(join(folder, "data", name), { recursive: true });
    for (let i = 0; i < 2; i++) {
      const background = { r: 40 * i, g: 90, b: 20 };
      await sharp({ create: { width: 30, height: 20, channels: 3, background } })
        .png()
        .toFile(join(folder, "data", name, `${i}.png`));
    }
  }
  const words = [
    "--model",
    await inRun("student-alone"),
    "--to",
    join(folder, "exported"),
    "--data",
    join(folder, "data"),
  ];
  const said = await start("export", ...words);
  expect(said).toMatch(
    new RegExp(`of ${2 * classNames.length} pictures: this program, on pictures, all of them\\n`),
  );
});

test("what cannot be done is refused before anything is written", async () => {
  const folder = await emptyFolder();
  const model = await inRun();
  await expect(start("export", "--model", model)).rejects.toThrow("export: expected --to, a folder");
  writeFileSync(join(folder, "mine.txt"), "");
  await expect(start("export", "--model", model, "--to", folder)).rejects.toThrow(
    `export: expected a new folder, or one with an earlier export only, got '${folder}' with 'mine.txt'`,
  );
  const to = join(folder, "exported");
  await start("export", "--model", await inRun("student-alone"), "--to", to, "--formats", "huggingface");
  await expect(start("export", "--model", to, "--to", to, "--formats", "onnx")).rejects.toThrow(
    `export: expected --to to be another folder than that of the model, got '${to}'`,
  );
  expect(readdirSync(to)).toContain("model.safetensors");
  rmSync(to, { recursive: true });
  await expect(start("export", "--model", model, "--to", to, "--formats", "keras")).rejects.toThrow(
    "--formats: ",
  );
  await expect(start("export", "--model", model, "--to", to, "--license", "Apache License")).rejects.toThrow(
    "--license: ",
  );
  await expect(
    start("export", "--model", await inRun("teacher"), "--to", to, "--formats", "timm"),
  ).rejects.toThrow("export: timm: ");
  const probabilities = tfl.sequential({
    layers: [
      tfl.layers.flatten({ inputShape: [8, 8, 3] }),
      tfl.layers.dense({ units: 2, activation: "softmax" }),
    ],
  });
  addNotes(probabilities, { classNames: ["cat", "dog"] });
  await saveModel(probabilities, join(folder, "model"));
  await expect(start("export", "--model", join(folder, "model"), "--to", to)).rejects.toThrow(
    "which answers with probabilities",
  );
  expect(readdirSync(folder).sort()).toEqual(["mine.txt", "model"]);
  rmSync(join(folder, "mine.txt"));
});
