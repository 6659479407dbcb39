// What is done with a model after its training: predictions in files, views, features, calibration.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { openNpz } from "named-weights";
import { loadModel, saveModel } from "named-weights/node";
import { bytesSource, openSafetensors } from "safetensors-io";
import sharp from "sharp";
import { emptyFolder } from "test-kit";
import { startBackend } from "tfjs-backends";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { recorder } from "../../test/workspace.ts";
import { parseCommandLine } from "../cli.ts";

vi.setConfig({ testTimeout: 120_000 });
beforeAll(() => startBackend("cpu"));

/** Runs a command line; returns its output, and the error that it ends in. */
async function run(...args: string[]): Promise<{ text: string; error?: Error }> {
  const output = recorder();
  const parsed = parseCommandLine(["node", "deit-cli", ...args, "--backend", "cpu"])!;
  try {
    await parsed.command.run({ ...parsed, output });
    return { text: output.text() };
  } catch (error) {
    return { text: output.text(), error: error as Error };
  }
}
async function start(...args: string[]): Promise<string> {
  const { text, error } = await run(...args);
  if (error !== undefined) throw error;
  return text;
}

/** 8 × 8 pixels: the left half of one color, the right half of another. */
async function photo(path: string, left: string, right = left): Promise<void> {
  const half = { create: { width: 4, height: 8, channels: 3 as const, background: left } };
  const whole = { create: { width: 8, height: 8, channels: 3 as const, background: right } };
  const input = await sharp(half).png().toBuffer();
  await sharp(whole)
    .composite([{ input, left: 0, top: 0 }])
    .png()
    .toFile(path);
}

/**
 * A model of three classes whose logits are red, green and blue, in 0…1 times a factor. `place`: of the whole picture, or of its
 * left column alone.
 */
async function colorModel(factor = 3, place: "mean" | "left" = "mean"): Promise<string> {
  const crop = tfl.layers.cropping2D({
    cropping: [
      [0, 0],
      [0, place === "left" ? 7 : 0],
    ],
    inputShape: [8, 8, 3],
  });
  const layers = [
    crop,
    tfl.layers.globalAveragePooling2d({ name: "means" }),
    tfl.layers.dense({ units: 3, useBias: false, name: "answers" }),
  ];
  const model = tfl.sequential({ layers });
  model.getLayer("answers").setWeights([tf.mul(tf.eye(3), factor)]);
  model.setUserDefinedMetadata({
    classNames: ["red", 'green, "leaf"', "blue"],
    inputRange: [0, 1],
    outputs: "logits",
  });
  const folder = await emptyFolder();
  await saveModel(model, folder);
  return folder;
}

/** e^3 : 1 : 1. */
const SURE = Math.exp(3) / (Math.exp(3) + 2);

describe("predict", () => {
  test("writes CSV as RFC 4180 has it, with all digits, and marks a broken photo", async () => {
    const [folder, model] = [await emptyFolder(), await colorModel()];
    await photo(join(folder, "a.png"), "#0f0");
    await writeFile(join(folder, "b,1.jpg"), "no picture");
    const path = join(await emptyFolder(), "new", "out.csv");
    const { text, error } = await run("predict", folder, "--model", model, "--output", path, "--top-k", "2");
    expect(text).toContain(`${path}: predictions for 1 of 2 photos`);
    expect(error!.message).toContain("1 of 2 photos were left out");
    const [header, one, two, end] = (await readFile(path, "utf8")).split("\r\n");
    expect(header).toBe("file,class,probability,class_2,probability_2,error");
    const [, probability, second] = /,"green, ""leaf""",([\d.]+),red,([\d.]+),$/.exec(one!)!;
    expect(one!.startsWith(`${join(folder, "a.png")},`)).toBe(true);
    expect(Number(probability)).toBeCloseTo(SURE, 6);
    expect(Math.fround(Number(probability))).toBe(Number(probability)); // the float32 itself
    expect(Number(probability) + 2 * Number(second)).toBeCloseTo(1, 6);
    expect(two!.startsWith(`"${join(folder, "b,1.jpg")}",,,,,`)).toBe(true);
    expect(two).toContain("expected a picture that decodes");
    expect(end).toBe("");
    // Its own file may be replaced, a file of another kind may not.
    await run("predict", folder, "--model", model, "--output", path);
    expect((await readFile(path, "utf8")).split("\r\n")[0]).toContain("class_3,probability_3,error");
    await writeFile(path, "mine");
    const refused = await run("predict", folder, "--model", model, "--output", path);
    expect(refused.error!.message).toContain("--output: expected a new file");
    const over = await run(
      "predict",
      join(folder, "a.png"),
      "--model",
      model,
      "--output",
      join(folder, "a.png"),
    );
    expect(over.error!.message).toContain(
      "--output: expected a file that is not a photo of the command line",
    );
  });

  test("writes a line of JSON a photo, JSON or text, by the extension or the option", async () => {
    const [folder, model] = [await emptyFolder(), await colorModel()];
    await photo(join(folder, "a.png"), "#00f");
    await writeFile(join(folder, "b.jpg"), "no picture");
    const of = ["predict", folder, "--model", model];
    const { text } = await run(...of, "--format", "jsonl", "--top-k", "1");
    const [one, two, end] = text.split("\n");
    expect(JSON.parse(one!)).toEqual({
      file: join(folder, "a.png"),
      classes: [{ name: "blue", probability: expect.closeTo(SURE, 6) }],
    });
    expect(JSON.parse(two!)).toEqual({
      file: join(folder, "b.jpg"),
      error: expect.stringContaining("decodes"),
    });
    expect(end).toBe("");
    const path = join(folder, "out.json");
    await run(...of, "--output", path);
    const { photos, model: used } = JSON.parse(await readFile(path, "utf8"));
    expect(used).toBe(model);
    expect(photos[0].classes).toHaveLength(3);
    const plain = join(folder, "out.txt");
    await run(...of, "--output", plain);
    expect(await readFile(plain, "utf8")).toMatch(/blue +█+·+ +90\.9%/);
    expect((await run(...of, "--output", plain)).error!.message).toContain("which exists");
    for (const options of [["--format", "json"], ["--json"]])
      expect((await run(...of, ...options, "--output", "x.ndjson")).error!.message).toBe(
        "--format: expected jsonl, as 'x.ndjson' ends, or a file with another ending, got json",
      );
    expect((await run(...of, "--format", "npz")).error!.message).toBe(
      "--format: expected one of text, json, jsonl, csv, got 'npz'",
    );
  });

  test("averages the probabilities of a photo and its mirror image", async () => {
    const [folder, model] = [await emptyFolder(), await colorModel(3, "left")];
    const path = join(folder, "a.png");
    await photo(path, "#f00", "#00f");
    const shares = async (...more: string[]): Promise<Record<string, number>> => {
      const { photos } = JSON.parse(await start("predict", path, "--model", model, "--json", ...more));
      return Object.fromEntries(
        photos[0].classes.map((one: { name: string; probability: number }) => [one.name, one.probability]),
      );
    };
    expect(await shares()).toMatchObject({ red: expect.closeTo(SURE, 5) });
    const mean = (SURE + (1 - SURE) / 2) / 2; // in one of two views red is one of two other classes
    expect(await shares("--tta", "flip")).toMatchObject({
      red: expect.closeTo(mean, 5),
      blue: expect.closeTo(mean, 5),
    });
    // Two of five crops and the middle are on the left; their mirror images see the right.
    const ten = await shares("--tta", "ten");
    expect(ten.red).toBeCloseTo(mean, 2);
    expect(await start("predict", path, "--model", model, "--tta", "flip")).toContain(
      "mean over views: flip",
    );
  });
});

describe("embed", () => {
  const colors = { reds: ["#f00", "#e10", "#f20"], blues: ["#00f", "#01e", "#20f"] };
  async function photos(): Promise<string> {
    const folder = await emptyFolder();
    for (const [name, own] of Object.entries(colors)) {
      await mkdir(join(folder, name));
      for (const [i, color] of own.entries()) await photo(join(folder, name, `${i}.png`), color);
    }
    return folder;
  }
  const expected = [...colors.blues, ...colors.reds].flatMap((color) =>
    [...color.slice(1)].map((digit) => Math.fround((17 * Number.parseInt(digit, 16)) / 255)),
  );

  test("writes the input of the head with paths and labels, in three formats", async () => {
    const [folder, model] = [await photos(), await colorModel()];
    const paths = ["blues", "reds"].flatMap((name) => [0, 1, 2].map((i) => join(folder, name, `${i}.png`)));
    const target = (name: string) => join(folder, name);
    for (const name of ["a.safetensors", "a.npz", "a.csv"]) {
      const text = await start(
        "embed",
        join(folder, "blues"),
        join(folder, "reds"),
        "--model",
        model,
        "--output",
        target(name),
      );
      expect(text).toBe(`${target(name)}: 3 features of 6 photos\n`);
    }
    const close = (values: Iterable<number>) => {
      for (const [i, value] of [...values].entries()) expect(value).toBeCloseTo(expected[i]!, 6);
    };
    const tensors = await openSafetensors(bytesSource(await readFile(target("a.safetensors"))));
    expect(tensors.tensors.get("features")).toMatchObject({ shape: [6, 3], dtype: "F32" });
    close((await tensors.read("features")) as Float32Array);
    const { metadata } = tensors;
    expect(JSON.parse(metadata.get("paths")!)).toEqual(paths);
    expect(JSON.parse(metadata.get("labels")!)).toEqual([0, 0, 0, 1, 1, 1]);
    expect(JSON.parse(metadata.get("class_names")!)).toEqual(["blues", "reds"]);
    const [header, ...lines] = (await readFile(target("a.csv"), "utf8")).trimEnd().split("\r\n");
    expect(header).toBe("path,label,feature_0,feature_1,feature_2");
    expect(lines.map((line) => line.split(",")[0])).toEqual(paths);
    expect(lines.map((line) => line.split(",")[1])).toEqual([
      "blues",
      "blues",
      "blues",
      "reds",
      "reds",
      "reds",
    ]);
    close(lines.flatMap((line) => line.split(",").slice(2).map(Number)));
    const npz = Buffer.from(await readFile(target("a.npz")));
    for (const name of ["features", "labels", "paths", "class_names"])
      expect(npz.includes(`${name}.npy`)).toBe(true);
    await expect(openNpz(bytesSource(npz, "a.npz"))).rejects.toThrow("labels"); // reads float32 alone
  });

  test("judges features by nearest neighbors, each photo without itself, or by other photos", async () => {
    const [folder, model] = [await photos(), await colorModel()];
    const all = ["embed", folder, "--model", model];
    expect(await start(...all, "--knn", "2")).toBe(
      "2 nearest neighbors: 100.0% of 6 photos (cosine similarity, weights of DINO; all others vote)\n",
    );
    expect(await start(...all, "--knn", "3", "--knn-photos", await photos())).toContain(
      "6 other photos vote",
    );
    expect((await run(...all, "--knn", "6")).error!.message).toBe(
      "--knn: neighbors must be at most the 5 rows that vote, got 6",
    );
    const one = await run("embed", join(folder, "reds"), "--model", model, "--knn", "1");
    expect(one.error!.message).toContain("--knn: expected photos in two or more folders");
  });

  test("takes a layer by name, reports broken photos, and refuses what it cannot write", async () => {
    const [folder, model] = [await photos(), await colorModel()];
    const output = join(folder, "out.csv");
    await writeFile(join(folder, "reds", "bad.png"), "no picture");
    const of = ["embed", folder, "--model", model];
    const { text, error } = await run(...of, "--layer", "answers", "--output", output);
    expect(text).toContain("bad.png: expected a picture that decodes");
    expect(text).toContain("3 features of 6 photos");
    expect(error!.message).toContain("1 of 7 photos were left out");
    const [, first] = (await readFile(output, "utf8")).split("\r\n");
    expect(first!.split(",").slice(2).map(Number)).toEqual([0, 0, 3]);
    for (const [args, message] of [
      [["--layer", "answer", "--output", output], "did you mean 'answers'?"],
      [["--output", join(folder, "out.txt")], "--output: expected a file .safetensors, .npz or .csv"],
      [[], "embed: expected --output"],
      [["--knn-photos", folder, "--output", output], "--knn-photos: expected --knn with it"],
      [["--output", join(folder, "reds", "0.png"), "--format", "csv"], "--output: expected a new file"],
    ] as const)
      expect((await run(...of, ...args)).error!.message).toContain(message);
  });
});

describe("calibrate", () => {
  /** Eight photos, of which a quarter is in the wrong folder, for a model that is far too sure. */
  async function mislabeled(wrong = 1): Promise<string> {
    const folder = await emptyFolder();
    for (const name of ["red", "blue"]) {
      await mkdir(join(folder, name));
      for (const i of [0, 1, 2, 3]) {
        const isRed = (name === "red") === i >= wrong;
        await photo(join(folder, name, `${i}.png`), isRed ? "#f00" : "#00f");
      }
    }
    return folder;
  }

  test("fits the temperature at which a model is as sure as it is right, notes it, and predict uses it", async () => {
    const model = await colorModel(8);
    const data = await mislabeled();
    const of = ["calibrate", model, "--data", data, "--seed", "1"]; // one of the two mistakes in each half
    const { models } = JSON.parse(await start(...of, "--json"));
    const [{ temperature, before, after, pictures }] = models;
    expect(pictures).toBe(8);
    // Three of four are right, the others are the other of two colors: e^(8/T) : 1 : 1 minimizes 3/4 log p + 1/4 log q at p = 3/4.
    const fitted = 8 / Math.log(6);
    expect(temperature).toBeCloseTo(fitted, 4);
    const before4 = Math.log(Math.exp(8) + 2);
    expect(before.nll).toBeCloseTo(before4 - 0.75 * 8, 4);
    expect(before.ece).toBeCloseTo(Math.exp(8) / (Math.exp(8) + 2) - 0.75, 4);
    expect(after.nll).toBeCloseTo(-0.75 * Math.log(0.75) - 0.25 * Math.log(0.125), 4);
    expect(after.ece).toBeCloseTo(0, 4);
    expect((await loadModel(model)).getUserDefinedMetadata()).toMatchObject({
      temperature,
      inputRange: [0, 1],
    });
    const text = await start("predict", join(data, "red", "3.png"), "--model", model);
    expect(text).toContain(`probabilities are calibrated: temperature ${fitted.toFixed(3)}`);
    expect(text).toMatch(/red +█+·+ +75\.0%/);
    // Again: from the model's own logits, not from those that are calibrated already.
    expect(JSON.parse(await start(...of, "--json")).models[0].temperature).toBe(temperature);
    const table = await start(...of);
    expect(table).toContain(fitted.toFixed(3));
    expect(table).toContain("of each half at the temperature of the other half");
    // The accuracy is the same.
    expect(JSON.parse(await start("evaluate", model, "--data", data, "--json")).models[0].accuracy).toBe(
      0.75,
    );
  });

  test("changes no model that is right in all pictures", async () => {
    const model = await colorModel(8);
    const before = await readFile(join(model, "model.json"), "utf8");
    const { text, error } = await run("calibrate", model, "--data", await mislabeled(0));
    expect(text).toContain(`${model} is not changed: calibrate: half 1 of 2, of 4 rows: no temperature`);
    expect(error!.message).toContain("could not be calibrated");
    expect(await readFile(join(model, "model.json"), "utf8")).toBe(before);
  });
});

test("evaluate judges several views beside one", async () => {
  const [data, model] = [await emptyFolder(), await colorModel(3, "left")];
  for (const [name, left, right] of [
    ["red", "#f00", "#400"],
    ["blue", "#00f", "#004"],
  ] as const) {
    await mkdir(join(data, name));
    await photo(join(data, name, "0.png"), left, right);
  }
  await photo(join(data, "red", "1.png"), "#003", "#f00"); // seen from the left alone, it is blue
  const { models } = JSON.parse(await start("evaluate", model, "--data", data, "--tta", "flip", "--json"));
  expect(models[0]).toMatchObject({ tta: "flip", oneView: 2 / 3, accuracy: 1 });
  const table = await start("evaluate", model, "--data", data, "--tta", "flip");
  expect(table).toMatch(/model +one view +accuracy/);
  expect(table).toContain("the mean of its views' probabilities (--tta flip)");
});
