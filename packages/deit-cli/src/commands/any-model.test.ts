// Models of other formats: ONNX, SavedModels, graphs and Hugging Face folders as --model and --teacher.
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { averageHeads, deit } from "deit-model";
import { saveModel } from "named-weights/node";
import { openClassifier } from "open-classifier";
import sharp from "sharp";
import { emptyFolder } from "test-kit";
import { startBackend } from "tfjs-backends";
import { toOnnx } from "tfjs-to-onnx";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { recorder } from "../../test/workspace.ts";
import { parseCommandLine } from "../cli.ts";

vi.setConfig({ testTimeout: 240_000 });
/** A fixture of open-classifier. */
const fixture = (name: string) =>
  fileURLToPath(new URL(`../../../open-classifier/fixtures/${name}`, import.meta.url));
beforeAll(() => startBackend("wasm"));

async function start(...args: string[]): Promise<string> {
  const output = recorder();
  const parsed = parseCommandLine(["node", "deit-cli", ...args, "--backend", "wasm"]);
  await parsed.command.run({ ...parsed, output });
  return output.text();
}

/** Photos of one color a class, of varied brightness. */
async function photos(colors: Readonly<Record<string, (i: number) => object>>, count = 6): Promise<string> {
  const folder = await emptyFolder();
  for (const [name, color] of Object.entries(colors)) {
    await mkdir(join(folder, name));
    for (let i = 0; i < count; i++) {
      const background = color(i) as { r: number; g: number; b: number };
      const image = sharp({ create: { width: 20, height: 16, channels: 3, background } }).jpeg();
      await writeFile(join(folder, name, `${i}.jpg`), await image.toBuffer());
    }
  }
  return folder;
}
const flowers = () =>
  photos({
    blues: (i) => ({ r: 10 * i, g: 10, b: 200 + 5 * i }),
    reds: (i) => ({ r: 200 + 5 * i, g: 10, b: 10 * i }),
  });

/** Mean colors as `feature_vector`, and logits: red likes the first class, blue the last. */
function colors(): tfl.LayersModel {
  const inputs = tfl.input({ shape: [16, 16, 3], name: "pixels" });
  const mean = tfl.layers.globalAveragePooling2d({ name: "feature_vector" }).apply(inputs);
  const logits = tfl.layers.dense({ units: 2, useBias: false, name: "logits" });
  const outputs = logits.apply(mean) as tfl.SymbolicTensor;
  logits.setWeights([tf.tensor2d([5, 0, 0, 0, 0, 5], [3, 2])]);
  return tfl.model({ inputs, outputs });
}

async function onnxOf(name: "logits" | "feature_vector"): Promise<string> {
  const model = colors();
  const outputs = model.getLayer(name).output as tfl.SymbolicTensor;
  const path = join(await emptyFolder(), "colors.onnx");
  const one = tfl.model({ inputs: model.inputs, outputs });
  await writeFile(path, await toOnnx(one, { inputNames: ["pixels"], outputNames: [name] }));
  return path;
}
const tiny = [
  "--preset",
  "tiny",
  "--students",
  "distilled",
  "--epochs",
  "1",
  "--depth",
  "1",
  "--hints",
  "off",
  "--alpha",
  "0.5",
];

describe("an ONNX classifier", () => {
  test("is evaluated, predicts, embeds and is calibrated by its file and labels.txt", async () => {
    const [path, data] = [await onnxOf("logits"), await flowers()];
    await expect(start("evaluate", path, "--data", data)).rejects.toThrow(
      /colors\.onnx: expected a model that names its 2 classes, .* got no names \(labels\.txt/,
    );
    await writeFile(join(path, "../labels.txt"), "reds\nblues\n");
    expect(await start("evaluate", path, "--data", data, "--pixels", "unit")).toContain("100.0%");
    const photo = join(data, "reds", "1.jpg");
    expect(await start("predict", photo, "--model", path, "--pixels", "unit")).toMatch(/1\.jpg\n +reds/);
    await expect(start("attention", photo, "--model", path)).rejects.toThrow(
      "expected a vision transformer of layers, whose attention can be drawn, got an ONNX model of 2 classes",
    );
    await expect(start("embed", data, "--knn", "1", "--model", path)).rejects.toThrow(
      /--layer: .*must have an output 'feature_vector', got logits/,
    );
    expect(await start("embed", data, "--knn", "1", "--model", await onnxOf("feature_vector"))).toContain(
      "1 nearest neighbors: 100.0%",
    );
  });

  test("teaches with its classes, in replicas too, is kept in the run, and is evaluated with it", async () => {
    const [path, data, out] = [await onnxOf("logits"), await flowers(), await emptyFolder()];
    await writeFile(join(path, "../labels.txt"), "reds\nblues\n");
    const run = [
      "--data",
      data,
      "--teacher",
      path,
      "--teacher-pixels",
      "unit",
      "--out",
      out,
      "--name",
      "run",
    ];
    const text = await start("train", ...tiny, ...run);
    expect(text).toContain("teacher: an ONNX model of 2 classes, 16x16 pixels");
    expect(text).toContain("teacher: input is pixels in 0…1 (from its notes)");
    const { models } = JSON.parse(await readFile(join(out, "run", "result.json"), "utf8"));
    expect(models[0]).toMatchObject({ name: "teacher", valAccuracy: 1, params: 6 });
    const kept = await openClassifier(join(out, "run", "teacher"));
    expect([kept.kind, kept.classNames, kept.notes.outputs]).toEqual(["onnx", ["reds", "blues"], "logits"]);
    expect(await start("evaluate", join(out, "run"))).toContain("100.0%");
  });

  test("of features alone is taught by a probe, and is saved with it", async () => {
    const [path, data, out] = [await onnxOf("feature_vector"), await flowers(), await emptyFolder()];
    const run = [
      "--data",
      data,
      "--teacher",
      path,
      "--teacher-pixels",
      "unit",
      "--out",
      out,
      "--name",
      "run",
    ];
    const text = await start("train", ...tiny, ...run, "--teacher-learning-rate", "0.1");
    expect(text).toContain("teacher: an ONNX model without classes, 16x16 pixels");
    const { models } = JSON.parse(await readFile(join(out, "run", "result.json"), "utf8"));
    expect(models[0].valAccuracy).toBe(1);
    const kept = await openClassifier(join(out, "run", "teacher"));
    expect(kept.found).toBe("an ONNX model without classes, 16x16 pixels, with a head of 2 classes");
    expect(kept.classNames).toEqual(["blues", "reds"]);
    await expect(
      start("train", ...tiny.slice(0, -4), ...run.slice(0, -1), "again", "--hints", "auto"),
    ).rejects.toThrow(
      /--hints: .*suggests none.*; name pairs teacherLayer:studentLayer, or take --hints off --alpha 0\.5/,
    );
  });
});

test("a SavedModel teaches, and its graph is kept in the run", async () => {
  const [data, out] = [await flowers(), await emptyFolder()];
  const own = join(await emptyFolder(), "saved");
  await cp(fixture("saved-model"), own, { recursive: true });
  await writeFile(join(own, "labels.txt"), "reds\nblues\ngreens");
  const run = ["--data", data, "--teacher", own, "--out", out, "--name", "run"];
  const text = await start("train", ...tiny, ...run);
  expect(text).toContain("teacher: a TensorFlow SavedModel of 3 classes, 16x16 pixels");
  expect(text).toContain("teacher: input is pixels in 0…255 (from its first layer)");
  expect(text).toContain("teacher: output is probabilities");
  const kept = await openClassifier(join(out, "run", "teacher"));
  expect([kept.kind, kept.classNames]).toEqual(["graph", ["reds", "blues", "greens"]]);
});

describe("a Hugging Face folder", () => {
  const folder = fixture("deit");

  test("is a teacher by a probe on its class token, and draws attention", async () => {
    const [data, out] = [await flowers(), await emptyFolder()];
    const run = ["--data", data, "--teacher", folder, "--out", out, "--name", "run"];
    const text = await start("train", ...tiny, ...run);
    expect(text).toContain("teacher: a deit of transformers of 3 classes, 32x32 pixels");
    expect(text).toContain("(from the files beside it)");
    expect((await openClassifier(join(out, "run", "teacher"))).classNames).toEqual(["blues", "reds"]);
    const photo = join(data, "reds", "1.jpg");
    expect(await start("predict", photo, "--model", folder)).toMatch(/daisy|tulip|rose/);
    const drawn = join(out, "attention.png");
    expect(await start("attention", photo, "--model", folder, "--attention", drawn)).toContain(drawn);
  });
});

describe("--weights", () => {
  const sizes = { imageSize: 32, patchSize: 8, dim: 12, depth: 2, heads: 3, classes: 2 } as const;
  const options = ["--image-size", "32", "--patch-size", "8", "--dim", "12", "--depth", "2", "--heads", "3"];

  test("are those of a saved model of this program, or of a Hugging Face folder", async () => {
    const [data, out] = [await flowers(), await emptyFolder()];
    const model = averageHeads(deit({ ...sizes, seed: 3 }));
    const saved = join(await emptyFolder(), "saved");
    await saveModel(model, saved);
    const alone = ["--preset", "tiny", "--students", "alone", "--epochs", "1", "--data", data, "--out", out];
    const run = (weights: string, name: string) =>
      start("train", ...alone, ...options, "--weights", weights, "--name", name);
    expect(await run(saved, "ours")).toMatch(/weights: \d+ tensors of .*saved/);
    const folder = fixture("vit");
    expect(await run(folder, "theirs")).toMatch(/weights: \d+ tensors of .*vit/);
    await expect(run(await onnxOf("logits"), "onnx")).rejects.toThrow(
      /colors\.onnx: expected weights of a ViT or DeiT by name, got an ONNX file/,
    );
    const other = join(await emptyFolder(), "other");
    await saveModel(colors(), other);
    await expect(run(other, "other")).rejects.toThrow(`${other}: expected a ViT or DeiT of layers, got: `);
  });
});
