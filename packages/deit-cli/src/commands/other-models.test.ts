// Models and data that are not of one run: what people bring, and what must not pass in silence.

import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { saveModel } from "named-weights/node";
import { addNotes, layersClassifier, loadLayersModelFile, notesOf } from "open-classifier";
import sharp from "sharp";
import { emptyFolder } from "test-kit";
import { startBackend } from "tfjs-backends";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { recorder } from "../../test/workspace.ts";
import { parseCommandLine } from "../cli.ts";
import { requireSameData, writeDataRecord } from "../runs/data-record.ts";
import { teacherWarning } from "../teacher/teacher-warning.ts";

vi.setConfig({ testTimeout: 120_000 });
beforeAll(() => startBackend("wasm"));

/** Keras' layer, which open-classifier registers with tfjs. */
const Normalization = tf.serialization.SerializationMap.getMap().classNameMap
  .Normalization![0] as unknown as new (
  config: object,
) => tfl.layers.Layer;

async function start(...args: string[]): Promise<string> {
  const output = recorder();
  const parsed = parseCommandLine(["node", "deit-cli", ...args, "--backend", "wasm"]);
  await parsed.command.run({ ...parsed, output });
  return output.text();
}

/** A folder of photos of one color a class. */
async function photos(colors: Readonly<Record<string, string>>, count = 4): Promise<string> {
  const folder = await emptyFolder();
  for (const [name, background] of Object.entries(colors)) {
    await mkdir(join(folder, name));
    for (let i = 0; i < count; i++) {
      const image = sharp({ create: { width: 8, height: 8, channels: 3, background } }).jpeg();
      const bytes = await image.toBuffer();
      await writeFile(join(folder, name, `${i}.jpg`), bytes);
    }
  }
  return folder;
}

/** A saved model of mean colors whose logits are `scale` times red and blue, in 0…1; with a softmax if parsed for. */
async function colorModel(
  options: { softmax?: boolean; classNames?: string[]; red?: number; first?: tfl.layers.Layer } = {},
): Promise<string> {
  const { softmax = false, classNames = ["reds", "blues"], red = 3, first } = options;
  const model = tfl.sequential();
  if (first !== undefined) model.add(first);
  model.add(tfl.layers.globalAveragePooling2d({ inputShape: [8, 8, 3] }));
  const activation = softmax ? ("softmax" as const) : ("linear" as const);
  const units = classNames.length;
  model.add(tfl.layers.dense({ units, useBias: false, activation, name: "answers" }));
  // The first class likes red, the last blue; those between like nothing.
  const kernel = Array.from({ length: 3 * units }, (_, i) => (i === 0 ? red : i === 3 * units - 1 ? 3 : 0));
  model.getLayer("answers").setWeights([tf.tensor2d(kernel, [3, units])]);
  addNotes(model, { classNames });
  const folder = await emptyFolder();
  await saveModel(model, folder);
  return folder;
}

const predicted = async (
  model: string,
  photo: string,
  ...more: string[]
): Promise<Record<string, number>> => {
  const { photos } = JSON.parse(await start("predict", photo, "--model", model, "--json", ...more));
  return Object.fromEntries(
    photos[0].classes.map((one: { name: string; probability: number }) => [one.name, one.probability]),
  );
};

describe("a model that ends in a softmax", () => {
  test("is read as probabilities, and as logits only by an option", async () => {
    const data = await photos({ reds: "#f00" }, 1);
    const photo = join(data, "reds", "0.jpg");
    const plain = await predicted(await colorModel(), photo);
    const model = await colorModel({ softmax: true });
    const own = await predicted(model, photo);
    expect(own.reds).toBeCloseTo(plain.reds!, 4);
    expect(own.reds).toBeGreaterThan(0.94); // 1 / (1 + e^-3) = 0.953, less what JPEG takes of the red
    const twice = await predicted(model, photo, "--outputs", "logits");
    expect(twice.reds).toBeCloseTo(1 / (1 + Math.exp(1 - 2 * own.reds!)), 4);
  });
});

test("--pixels replaces the input that is assumed", async () => {
  const photo = join(await photos({ reds: "#f00" }, 1), "reds", "0.jpg");
  const model = await colorModel();
  const logitOf = async (...more: string[]) => {
    const { reds, blues } = await predicted(model, photo, ...more);
    return Math.log(reds! / blues!);
  };
  // Pure red gives 3 times red less 3 times blue; JPEG takes a little of it.
  expect(await logitOf()).toBeCloseTo(3 * 2, 1);
  expect(await logitOf("--pixels", "symmetric")).toBeCloseTo(3 * 2, 1);
  expect(await logitOf("--pixels", "unit")).toBeCloseTo(3, 1);
  expect(await logitOf("--pixels", "imagenet")).toBeCloseTo(3 * (0.515 / 0.229 + 0.406 / 0.225), 0);
  expect((await predicted(model, photo, "--pixels", "bytes")).blues).toBe(0); // e^-765
});

describe("a model that begins with Keras' Normalization", () => {
  const imagenet = { mean: [123.675, 116.28, 103.53], variance: [3409.98, 3262.69, 3291.89] };
  const unit = { mean: [[[[0.485, 0.456, 0.406]]]], variance: [[[[0.052441, 0.050176, 0.050625]]]] };
  const shape = { axis: [3], inputShape: [8, 8, 3] };

  test("is shown the pixels of which it subtracts the mean", async () => {
    const photo = join(await photos({ reds: "#f00" }, 1), "reds", "0.jpg");
    const plain = await predicted(await colorModel(), photo, "--pixels", "imagenet");
    for (const [statistics, range] of [
      [imagenet, [0, 255]],
      [unit, [0, 1]],
      [{ mean: 0.5, variance: 0.25, axis: null }, [0, 1]],
      [{ mean: 0, variance: 1, axis: null }, [-1, 1]], // assumed
    ] as const) {
      const model = await colorModel({ first: new Normalization({ ...shape, ...statistics }) });
      expect(layersClassifier(await loadLayersModelFile(model)).input.notes.inputRange).toEqual(range);
      if (statistics !== imagenet && statistics !== unit) continue;
      expect((await predicted(model, photo)).reds).toBeCloseTo(plain.reds!, 4);
    }
  });

  test("has them as weights where it was adapted to data, and computes as Keras does", async () => {
    const first = new Normalization(shape);
    const folder = await colorModel({ first });
    first.setWeights([tf.tensor1d(imagenet.mean), tf.tensor1d(imagenet.variance), tf.scalar(7, "int32")]);
    const { model } = { model: tfl.sequential({ layers: [first] }) };
    await saveModel(model, folder);
    const loaded = await loadLayersModelFile(folder);
    expect(layersClassifier(loaded).input.notes.inputRange).toEqual([0, 255]);
    const [layer] = loaded.layers.filter((one) => one instanceof Normalization);
    expect(layer!.weights.map(({ originalName }) => originalName.split("/").at(-1))).toEqual([
      "mean",
      "variance",
      "count",
    ]);
    // Keras 3.15 computes (5 - mean) / max(sqrt(variance), 1e-7).
    const keras = new Normalization({ axis: -1, mean: [1, 2, 3], variance: [4, 0, 9] });
    const values = keras.apply(tf.fill([1, 1, 1, 3], 5)) as tf.Tensor;
    expect([...values.dataSync()]).toEqual([2, Math.fround(3e7), Math.fround(2 / 3)]);
  });

  test("along another axis is refused by name", () => {
    const layer = new Normalization({ axis: 1, mean: [1, 2], variance: [1, 1], name: "rows" });
    expect(() => layer.apply(tf.zeros([1, 2, 2, 3]))).toThrow(
      "Normalization 'rows': expected one axis, the last, or none, got [1]",
    );
  });
});

describe("a teacher", () => {
  /** A run of seconds, of which the teacher matters. */
  async function taught(teacher: string, data: string, ...more: string[]) {
    const out = await emptyFolder();
    const tiny = ["--preset", "tiny", "--students", "distilled", "--epochs", "1", "--depth", "1"];
    const run = ["--data", data, "--teacher", teacher, "--out", out, "--name", "run", ...more];
    const text = await start("train", ...tiny, ...run);
    const { models } = JSON.parse(await readFile(join(out, "run", "result.json"), "utf8"));
    return { text, accuracy: models[0].valAccuracy as number, saved: join(out, "run", "teacher") };
  }

  test("of more classes in another order answers for those of the data", async () => {
    const data = await photos({ blues: "#00f", reds: "#f00" });
    const teacher = await colorModel({ classNames: ["reds", "greens", "others", "blues"] });
    const { text, accuracy, saved } = await taught(teacher, data);
    expect(accuracy).toBe(1);
    expect(text).not.toContain("warning:");
    expect(notesOf(await loadLayersModelFile(saved)).classNames).toEqual([
      "reds",
      "greens",
      "others",
      "blues",
    ]);
    const { models } = JSON.parse(await start("evaluate", join(saved, ".."), "--json"));
    expect(
      models.map(({ classes }: { classes: { name: string }[] }) => classes.map(({ name }) => name)),
    ).toEqual([
      ["reds", "greens", "others", "blues"],
      ["blues", "reds"],
    ]);
    expect(models[0].accuracy).toBe(1);
  });

  test("has the input and output of the options, and notes them in its files", async () => {
    const data = await photos({ blues: "#00f", reds: "#f00" });
    const teacher = await colorModel({ softmax: true });
    const own = await taught(teacher, data);
    expect(own.text).toContain("teacher: input is pixels in -1…1 (assumed; see --teacher-pixels)");
    expect(own.text).toContain("teacher: output is probabilities");
    const options = ["--teacher-pixels", "unit", "--teacher-outputs", "logits"];
    const told = await taught(teacher, data, ...options);
    expect(told.text).toContain("teacher: input is pixels in 0…1 (from its notes)");
    expect(told.text).toContain("teacher: output is logits");
    const photo = join(data, "reds", "0.jpg");
    const { reds } = await predicted(told.saved, photo);
    const given = await predicted(teacher, photo, "--pixels", "unit", "--outputs", "logits");
    expect(reds).toBeCloseTo(given.reds!, 6);
    expect(reds).not.toBeCloseTo((await predicted(own.saved, photo)).reds!, 2);
  });

  test("causes a warning if it is no better than a constant prediction", async () => {
    const data = await photos({ blues: "#00f", reds: "#f00" });
    const { text, accuracy } = await taught(await colorModel({ classNames: ["blues", "reds"] }), data);
    expect(accuracy).toBe(0);
    expect(text).toMatch(/warning: the teacher classifies 0\.0% .* See --teacher-pixels/);
  });

  test("far below what its probe promises is warned of", () => {
    const labels = Array.from({ length: 50 }, (_, i) => i % 5);
    const right = (hits: number) => labels.map((_, i) => i < hits);
    expect(teacherWarning({ right: right(25), labels, promised: 0.95 })).toMatch(
      /^warning: the teacher classifies 50\.0% of the held-out pictures correctly, its probe 95\.0% of the same: /,
    );
    expect(teacherWarning({ right: right(47), labels, promised: 0.95 })).toBeUndefined();
    expect(teacherWarning({ right: right(47), labels, promised: undefined })).toBeUndefined();
    const few = { labels: [0, 1], promised: undefined };
    expect(teacherWarning({ ...few, right: [true, true] })).toBeUndefined();
    expect(teacherWarning({ ...few, right: [true, false] })).toContain("naming the commonest class");
  });
});

test("weights that are not numbers are refused by file and tensor, by every command", async () => {
  const [model, data] = [
    await colorModel({ red: Number.NaN }),
    await photos({ reds: "#f00", blues: "#00f" }),
  ];
  const photo = join(data, "reds", "0.jpg");
  const refusal = /model\.json: expected weights that are finite numbers, got NaN in '.+\/kernel' at 0/;
  await expect(start("predict", photo, "--model", model)).rejects.toThrow(refusal);
  await expect(start("evaluate", model, "--data", data)).rejects.toThrow(refusal);
  await expect(
    start("train", "--preset", "tiny", "--data", data, "--teacher", model, "--out", await emptyFolder()),
  ).rejects.toThrow(refusal);
});

test("--max-pixels is the limit of every command that decodes photos", async () => {
  const [model, data] = [await colorModel(), await photos({ reds: "#f00", blues: "#00f" })];
  const out = await emptyFolder();
  const of = (...limit: string[]): Readonly<Record<string, () => Promise<string>>> => ({
    evaluate: () => start("evaluate", model, "--data", data, ...limit),
    predict: () => start("predict", join(data, "reds"), "--model", model, ...limit),
    train: () => start("train", "--preset", "tiny", "--data", data, "--out", out, "--name", "x", ...limit),
    skipping: () =>
      start("train", "--preset", "tiny", "--data", data, "--out", out, "--skip-bad-images", ...limit),
  });
  for (const [command, run] of Object.entries(of("--max-pixels", "63")))
    await expect(run(), command).rejects.toThrow("8x8 = 64 pixels, more than the limit of 63");
  const enough = of("--max-pixels", "64");
  expect(await enough.evaluate!()).toContain("100.0%");
  expect(await enough.predict!()).toContain("reds");
  const sheet = (limit: string) => {
    const options = ["--data", data, "--sheet", join(out, "sheet.png"), "--max-pixels", limit];
    const output = recorder();
    const parsed = parseCommandLine(["node", "deit-cli", "data", ...options]);
    return parsed.command.run({ ...parsed, output });
  };
  await expect(sheet("63")).rejects.toThrow("8x8 = 64 pixels, more than the limit of 63");
  await sheet("64");
});

describe("class names", () => {
  test("all pictures of other data are judged, by the model's names whatever their order", async () => {
    const model = await colorModel();
    const data = await photos({ blues: "#00f", reds: "#f00" });
    const text = await start("evaluate", model, "--data", data, "--json");
    const [judged] = [JSON.parse(text)].flat().map((one) => one.models?.[0] ?? one);
    expect(JSON.stringify(judged)).toMatch(/"accuracy":1[,}]/);
    const subset = await start("evaluate", model, "--data", await photos({ blues: "#00f" }, 4));
    expect(subset).toContain("100.0%");
  });

  test("a teacher of other classes is refused, with both lists", async () => {
    const [model, data] = [await colorModel(), await photos({ blues: "#00f", greens: "#0f0" })];
    await expect(
      start("train", "--preset", "tiny", "--data", data, "--teacher", model, "--out", await emptyFolder()),
    ).rejects.toThrow(/expected a teacher of the data's classes \(blues, greens\), got one of reds, blues/);
  });

  test("a run whose classes or pictures were renamed is not resumed", async () => {
    const folder = await emptyFolder();
    const store = (keys: string[]) => ({ keys, labels: Int32Array.from(keys, (_, i) => i % 2) });
    const data = (classNames: string[], keys: string[]) =>
      ({
        classNames,
        layout: "class folders",
        labelsFiles: [],
        train: store(keys),
        validation: store([]),
        all: store(keys),
      }) as unknown as Parameters<typeof writeDataRecord>[1];
    await writeDataRecord(folder, data(["cats", "dogs"], ["cats/1.jpg", "dogs/1.jpg"]));
    await requireSameData(folder, data(["cats", "dogs"], ["cats/1.jpg", "dogs/1.jpg"]));
    await expect(
      requireSameData(folder, data(["dogs", "zcats"], ["dogs/1.jpg", "zcats/1.jpg"])),
    ).rejects.toThrow("--resume: expected data of the run's classes (cats, dogs), got dogs, zcats");
    await expect(
      requireSameData(folder, data(["cats", "dogs"], ["cats/2.jpg", "dogs/1.jpg"])),
    ).rejects.toThrow("pictures were added, removed or renamed");
  });
});

test("a Keras 3 model is read as Keras 2's, and one that cannot be is named with what to do", async () => {
  const folder = await colorModel();
  const path = join(folder, "model.json");
  const json = JSON.parse(await readFile(path, "utf8"));
  const keras3 = (layer: { class_name: string; config: Record<string, unknown> }) => {
    const { batch_input_shape: shape, ...config } = layer.config;
    const policy = {
      module: "keras",
      class_name: "DTypePolicy",
      config: { name: "float32" },
      registered_name: null,
    };
    return {
      ...layer,
      config: { ...config, ...(shape !== undefined && { batch_shape: shape }), dtype: policy },
    };
  };
  const { model_config: topology = json.modelTopology } = json.modelTopology;
  const config = { ...topology.config, layers: (topology.config.layers ?? topology.config).map(keras3) };
  json.modelTopology = {
    keras_version: "3.15.0",
    backend: "tensorflow",
    model_config: { ...topology, config },
  };
  await writeFile(path, JSON.stringify(json));
  const model = await loadLayersModelFile(path);
  const logits = (model.predict(tf.ones([1, 8, 8, 3])) as tf.Tensor).dataSync();
  expect([...logits]).toEqual([3, 3]);

  config.layers[1].class_name = "NewInKeras3";
  await writeFile(path, JSON.stringify(json));
  await expect(loadLayersModelFile(path)).rejects.toThrow(
    /model\.json: .*NewInKeras3.*of Keras 3: save it with Keras 2/,
  );
  await rename(path, join(folder, "m.json"));
  await expect(loadLayersModelFile(folder)).rejects.toThrow("model.json: expected a tfjs layers model");
});
