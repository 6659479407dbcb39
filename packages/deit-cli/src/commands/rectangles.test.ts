// Pictures that are no squares, through every command.
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vit } from "deit-model";
import { loadModel, saveModel, saveWeightsFile } from "deit-model/node";
import { addNotes } from "open-classifier";
import sharp from "sharp";
import { startBackend } from "tfjs-backends";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { recorder } from "../../test/workspace.ts";
import { parseCommandLine } from "../cli.ts";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const SIZE = ["--image-size", "16x32"];
const WASM = ["--backend", "wasm"];
const square = { imageSize: 24, patchSize: 8, dim: 16, depth: 2, heads: 2, init: "timm" } as const;
const CLASS_NAMES = ["dandelion", "daisy", "tulips", "sunflowers", "roses"];

let out: string;
let run: string;
let samples: string[];

/** Runs a command line; returns its output. */
async function start(...args: string[]): Promise<string> {
  const output = recorder();
  const parsed = parseCommandLine(["node", "deit-cli", ...args]);
  await parsed.command.run({ ...parsed, output });
  return output.text();
}

const inputOf = async (folder: string) => {
  const model = await loadModel(folder);
  const shape = model.inputs[0]!.shape;
  model.dispose();
  return shape;
};

beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), "deit-cli-"));
  run = join(out, "run");
  await start(
    "train",
    "--preset",
    "tiny",
    ...SIZE,
    ...WASM,
    "--out",
    out,
    "--name",
    "run",
    "--augment",
    "deit",
  );
  samples = (await readdir(join(run, "samples"))).map((name) => join(run, "samples", name));
});
afterAll(() => rm(out, { recursive: true, force: true }));

describe("a run of 16x32 pictures", () => {
  test("has teacher and students of that size, and says it in its settings", async () => {
    for (const stage of ["teacher", "student-alone", "student-distilled"])
      expect(await inputOf(join(run, stage))).toEqual([null, 16, 32, 3]);
    const settings = JSON.parse(await readFile(join(run, "settings.json"), "utf8"));
    expect(settings.model.imageSize).toEqual([16, 32]);
  });

  test("predicts for its own pictures what the evaluation does, mirrored and cropped too", async () => {
    const model = join(run, "student-distilled");
    const { models } = JSON.parse(await start("evaluate", model, ...WASM, "--json"));
    const { photos } = JSON.parse(
      await start("predict", "--json", join(run, "samples"), "--model", run, ...WASM),
    );
    expect(photos).toHaveLength(samples.length);
    expect(models[0].pictures).toBeGreaterThan(0);
    for (const tta of ["flip", "ten"]) {
      const text = await start("predict", samples[0]!, "--model", run, "--tta", tta, ...WASM);
      expect(text).toContain(samples[0]);
    }
  });

  test("is evaluated by a center crop as the one that timm makes", async () => {
    const { models } = JSON.parse(
      await start("evaluate", run, ...WASM, "--json", "--evaluation-crop", "0.9"),
    );
    expect(models).toHaveLength(3);
  });

  test("draws attention of 2x4 patches", async () => {
    const folder = join(out, "drawn");
    const written = (
      await start("attention", samples[0]!, "--attention", folder, "--model", run, ...WASM)
    ).trim();
    const { width, height } = await sharp(written).metadata();
    expect(width).toBeGreaterThan(height!);
  });

  test("embeds, calibrates and reports", async () => {
    const vectors = join(out, "vectors.npz");
    expect(
      await start("embed", join(run, "samples"), "--output", vectors, "--model", run, ...WASM),
    ).toContain(vectors);
    await start("calibrate", join(run, "teacher"), "--split", "all", ...WASM);
    await start("report", run, ...WASM);
    const page = await readFile(join(run, "report.html"), "utf8");
    expect(page).toContain("<dt>imageSize</dt><dd>16, 32</dd>");
    const [, uri] = /src="data:image\/\w+;base64,([^"]+)"/.exec(page)!;
    const { width, height } = await sharp(Buffer.from(uri!, "base64")).metadata();
    expect(width! / height!).toBeCloseTo(2, 1);
  });

  test("starts from weights of square pictures, and learns from a square teacher, which sees squares", async () => {
    await startBackend("wasm");
    const teacher = vit({ ...square, classes: 5 });
    addNotes(teacher, { classNames: CLASS_NAMES, inputRange: [0, 1], outputs: "logits" });
    await saveModel(teacher, join(out, "teacher"));
    await saveWeightsFile(teacher, join(out, "square.safetensors"));
    teacher.dispose();
    const text = await start(
      ...["train", "--preset", "tiny", ...SIZE, ...WASM, "--out", out, "--name", "taught", "--epochs", "1"],
      ...["--students", "distilled", "--weights", join(out, "square.safetensors")],
      ...["--teacher", join(out, "teacher"), "--view-epochs", "1", "--store-logits", join(out, "logits")],
    );
    expect(text).toContain("positions are interpolated");
    expect(await inputOf(join(out, "taught", "student-distilled"))).toEqual([null, 16, 32, 3]);
    expect(await inputOf(join(out, "taught", "teacher"))).toEqual([null, 24, 24, 3]);
  });

  test("resumes, and refuses another size", async () => {
    const resumed = ["train", "--resume", join(out, "run"), ...WASM];
    await expect(start(...resumed, "--image-size", "32x16")).rejects.toThrow(
      "model.imageSize was [16,32], is [32,16]",
    );
  });
});

describe("--image-size", () => {
  test.each([
    ["16x", "--image-size: model.imageSize must be an integer >= 1 or [height, width], got '16x'"],
    ["0x16", "got [0,16]"],
    ["16x32x3", "got '16x32x3'"],
    ["-8", "--image-size"],
    ["20x32", "--patch-size"],
  ])("refuses %s", async (size, message) => {
    const train = start(
      "train",
      "--preset",
      "tiny",
      "--image-size",
      size,
      ...WASM,
      "--out",
      out,
      "--name",
      "refused",
    );
    await expect(train).rejects.toThrow(message);
  });

  test("takes equal sides for one number", () => {
    const { edits } = parseCommandLine(["node", "deit-cli", "train", "--image-size", "48x48"]);
    expect(edits["model.imageSize"]).toBe(48);
  });
});
