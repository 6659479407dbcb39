// Models and data that are not of one run: what people bring, and what must not pass in silence.
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import sharp from "sharp";
import { startBackend } from "tfjs-backends";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { emptyFolder, recorder } from "../../test/workspace.ts";
import { parseCommandLine } from "../cli.ts";
import { requireSameData, writeDataRecord } from "../files/data-record.ts";
import { loadLayersModelFile, saveLayersModelFile } from "../files/layers-model-files.ts";
import { addNotes } from "../models/notes.ts";

vi.setConfig({ testTimeout: 120_000 });
beforeAll(() => startBackend("wasm"));

async function start(...args: string[]): Promise<string> {
  const output = recorder();
  const asked = parseCommandLine(["node", "deit-flowers", ...args, "--backend", "wasm"])!;
  await asked.command.run({ ...asked, output });
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

/** A saved model of mean colors whose logits are `scale` times red and blue, in 0…1; with a softmax if asked for. */
async function colorModel(
  options: { softmax?: boolean; classNames?: string[]; red?: number } = {},
): Promise<string> {
  const { softmax = false, classNames = ["reds", "blues"], red = 3 } = options;
  const model = tfl.sequential();
  model.add(tfl.layers.globalAveragePooling2d({ inputShape: [8, 8, 3] }));
  const activation = softmax ? ("softmax" as const) : ("linear" as const);
  model.add(tfl.layers.dense({ units: 2, useBias: false, activation }));
  model.setWeights([tf.tensor2d([red, 0, 0, 0, 0, 3], [3, 2])]);
  addNotes(model, { classNames });
  const folder = await emptyFolder();
  await saveLayersModelFile(model, folder);
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
  test("is asked for its own probabilities, and as logits only if the user says so", async () => {
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
    const asked = parseCommandLine(["node", "deit-flowers", "data", ...options])!;
    return asked.command.run({ ...asked, output });
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
    ).rejects.toThrow(
      /expected a teacher that knows the data's classes \(blues, greens\), got one of reds, blues/,
    );
  });

  test("a run whose classes or pictures were renamed is not resumed", async () => {
    const folder = await emptyFolder();
    const store = (keys: string[]) => ({ keys, labels: Int32Array.from(keys, (_, i) => i % 2) });
    const data = (classNames: string[], keys: string[]) =>
      ({ classNames, train: store(keys), validation: store([]) }) as unknown as Parameters<
        typeof writeDataRecord
      >[1];
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
