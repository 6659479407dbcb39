import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { loadGraphModel } from "@tensorflow/tfjs-converter";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { emptyFolder } from "test-kit";
import { BACKENDS } from "test-kit/backends";
import { startBackend } from "tfjs-backends";
import { MultiHeadSelfAttention } from "vit-blocks";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { loadModel, modelFolder, saveModel } from "../node.ts";
import { readArtifacts } from "./read-artifacts.ts";
import { saveArtifacts } from "./save-model.ts";

const KERNEL = [0.5, -1, 1.25, 3, 0.1, -2];

/** Three numbers to two, with these weights and a bias of 0. */
function dense(kernel: readonly number[] = KERNEL): tfl.LayersModel {
  const layer = tfl.layers.dense({ units: 2, inputShape: [3], name: "head" });
  const model = tfl.sequential({ layers: [layer], name: "answers" });
  layer.setWeights([tf.tensor2d([...kernel], [3, 2]), tf.zeros([2])]);
  return model;
}

const numbersOf = (model: tfl.LayersModel): number[] => [...model.getWeights()[0]!.dataSync()];
const jsonOf = async (folder: string) => JSON.parse(await readFile(join(folder, "model.json"), "utf8"));
const changeJson = async (folder: string, change: (json: ReturnType<typeof JSON.parse>) => void) => {
  const json = await jsonOf(folder);
  change(json);
  await writeFile(join(folder, "model.json"), JSON.stringify(json));
};

/** Serves a folder over HTTP; returns its address. */
async function served(folder: string): Promise<string> {
  const server = createServer(({ url }, response) => {
    const isJson = url!.endsWith(".json");
    response.setHeader("content-type", isJson ? "application/json" : "application/octet-stream");
    response.end(readFileSync(join(folder, url!)));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe.each(BACKENDS)("a model in a folder, on %s", (backend) => {
  beforeAll(() => startBackend(backend));

  test("comes back with its numbers, its layers and its metadata, and leaves no tensor", async () => {
    const folder = join(await emptyFolder(), "new", "model");
    const inputs = tfl.input({ shape: [4, 6] });
    const attention = new MultiHeadSelfAttention({ heads: 2, name: "attn" });
    const model = tfl.model({ inputs, outputs: attention.apply(inputs) as tfl.SymbolicTensor });
    const metadata = { classNames: ["été", "b"], inputRange: [0, 1], nested: { deep: [1, null] } };
    model.setUserDefinedMetadata(metadata);
    const before = tf.memory().numTensors;
    await saveModel(model, folder);
    expect(tf.memory().numTensors).toBe(before);
    expect((await readdir(folder)).sort()).toEqual(["model.json", "weights.bin"]);
    const loaded = await loadModel(folder);
    expect(tf.memory().numTensors).toBe(before + model.weights.length);
    expect(loaded.getUserDefinedMetadata()).toEqual(metadata);
    const x = tf.randomUniform([2, 4, 6], -1, 1, "float32", 1);
    expect((loaded.predict(x) as tf.Tensor).arraySync()).toEqual((model.predict(x) as tf.Tensor).arraySync());
    expect(numbersOf(await loadModel(join(folder, "model.json")))).toEqual(numbersOf(model));
  });

  test("is what tfjs' own loaders read, over HTTP too, in one file and in several", async () => {
    for (const shardBytes of [undefined, 10]) {
      const folder = await emptyFolder();
      const model = dense();
      model.setUserDefinedMetadata({ classNames: ["a", "b"] });
      await saveModel(model, folder, shardBytes === undefined ? {} : { shardBytes });
      const shards = (await readdir(folder)).filter((name) => name.endsWith(".bin")).sort();
      const four = ["weights-1of4.bin", "weights-2of4.bin", "weights-3of4.bin", "weights-4of4.bin"];
      expect(shards).toEqual(shardBytes === undefined ? ["weights.bin"] : four); // 32 bytes
      const fetched = await tfl.loadLayersModel(`${await served(folder)}/model.json`);
      for (const one of [fetched, await loadModel(folder), await tfl.loadLayersModel(modelFolder(folder))]) {
        expect(numbersOf(one)).toEqual([...Float32Array.from(KERNEL)]);
        expect(one.getUserDefinedMetadata()).toEqual({ classNames: ["a", "b"] });
      }
    }
  });

  test("of `model.save` in tfjs' way is the same", async () => {
    const folder = await emptyFolder();
    await dense().save(modelFolder(folder));
    expect(numbersOf(await loadModel(folder))).toEqual([...Float32Array.from(KERNEL)]);
  });

  test("stored as float16 has half the bytes, and numbers rounded to the nearest", async () => {
    const folder = await emptyFolder();
    await saveModel(dense(), folder, { dtype: "float16" });
    expect(await readFile(join(folder, "weights.bin"))).toHaveLength(16);
    // 0.1 as float16 is 0x2e66 = 1638 / 2^14; the others are exact.
    const halves = [0.5, -1, 1.25, 3, 1638 / 2 ** 14, -2];
    const fetched = await tfl.loadLayersModel(`${await served(folder)}/model.json`);
    for (const model of [fetched, await loadModel(folder)]) {
      expect(numbersOf(model)).toEqual(halves);
      expect(model.getWeights().map(({ dtype }) => dtype)).toEqual(["float32", "float32"]);
    }
  });

  test("quantized as tfjs' converter does it is read: number = stored * scale + min", async () => {
    const folder = await emptyFolder();
    await saveModel(dense(), folder);
    await changeJson(folder, (json) => {
      const [group] = json.weightsManifest;
      group.weights[0].quantization = { dtype: "uint8", scale: 0.5, min: -1, original_dtype: "float32" };
      group.weights[1].quantization = { dtype: "uint16", scale: 0.25, min: 0, original_dtype: "float32" };
      group.sha256 = undefined;
    });
    const bytes = [0, 2, 4, 255, 1, 3, ...new Uint8Array(Uint16Array.of(8, 65535).buffer)];
    await writeFile(join(folder, "weights.bin"), Uint8Array.from(bytes));
    const [kernel, bias] = (await loadModel(folder)).getWeights();
    expect([...kernel!.dataSync()]).toEqual([-1, 0, 1, 126.5, -0.5, 0.5]);
    expect([...bias!.dataSync()]).toEqual([2, 16383.75]);
  });

  test("continues its training with the optimizer that was saved with it", async () => {
    const folder = await emptyFolder();
    const [model, twin] = [dense(), dense()];
    const [x, y] = [tf.ones([4, 3]), tf.ones([4, 2])];
    for (const one of [model, twin]) one.compile({ optimizer: tf.train.adam(0.1), loss: "meanSquaredError" });
    for (const one of [model, twin]) await one.trainOnBatch(x, y);
    await saveModel(model, folder, { includeOptimizer: true });
    const loaded = await loadModel(folder);
    await Promise.all([twin, loaded].map((one) => one.trainOnBatch(x, y)));
    expect(numbersOf(loaded)).toEqual(numbersOf(twin));
    await saveModel(model, folder);
    expect((await loadModel(folder)).optimizer).toBeUndefined();
  });
});

describe("a folder at any time", () => {
  beforeAll(() => startBackend("cpu"));

  test("holds the old model until the new one is whole, and no file of the old one afterwards", async () => {
    const folder = await emptyFolder();
    await writeFile(join(folder, "mine.bin"), "mine");
    await saveModel(dense(), folder, { shardBytes: 16 });
    const next = dense([1, 2, 3, 4, 5, 6]);
    // An error when only model.json is left to write: what a killed process leaves at that moment.
    const killed = (shardBytes: number) => {
      const userDefinedMetadata = { toJSON: () => expect.fail("killed") };
      const save = (artifacts: tf.io.ModelArtifacts) =>
        saveArtifacts(folder, { ...artifacts, userDefinedMetadata }, { shardBytes });
      return expect(next.save(tf.io.withSaveHandler(save))).rejects.toThrow("killed");
    };
    for (const shardBytes of [16, 8]) {
      await killed(shardBytes);
      expect(numbersOf(await loadModel(folder))).toEqual([...Float32Array.from(KERNEL)]);
    }
    await writeFile(join(folder, "weights.bin.0b7a1f1c-6f0e-4a39-9a3f-2f8f4f1f6d1a.part"), "piece");
    expect(await readdir(folder)).toHaveLength(2 + 2 + 2 + 4 + 1); // mine.bin and model.json, weights, pieces
    await saveModel(next, folder, { shardBytes: 16 });
    const digested = (await readdir(folder)).filter((name) => name !== "mine.bin" && name !== "model.json");
    expect(numbersOf(await loadModel(folder))).toEqual([1, 2, 3, 4, 5, 6]);
    expect(digested.sort()).toEqual([
      expect.stringMatching(/^weights-[0-9a-f]{12}-1of2\.bin$/),
      expect.stringMatching(/^weights-[0-9a-f]{12}-2of2\.bin$/),
    ]);
    await saveModel(dense(), folder);
    expect((await readdir(folder)).sort()).toEqual(["mine.bin", "model.json", "weights.bin"]);
    await saveModel(dense([1, 2, 3, 4, 5, 6]), folder);
    expect(numbersOf(await loadModel(folder))).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await readFile(join(folder, "mine.bin"), "utf8")).toBe("mine");
  });

  test("is the last of several that are saved at once", async () => {
    const folder = await emptyFolder();
    const models = [1, 2, 3, 4].map((i) => dense(KERNEL.map((weight) => weight * i)));
    await Promise.all(models.map((model) => saveModel(model, folder)));
    expect(numbersOf(await loadModel(folder))).toEqual(numbersOf(models[3]!));
    expect(await readdir(folder)).toHaveLength(2);
    const [refused, last] = await Promise.allSettled([
      saveModel(dense([1e9, 0, 0, 0, 0, 0]), folder, { dtype: "float16" }),
      saveModel(models[1]!, folder),
    ]);
    expect([refused.status, last.status]).toEqual(["rejected", "fulfilled"]);
    expect(numbersOf(await loadModel(folder))).toEqual(numbersOf(models[1]!));
  });

  test("is read again where the model is replaced during the reading", async () => {
    const [folder, other] = [await emptyFolder(), await emptyFolder()];
    await saveModel(dense(), folder);
    await saveModel(dense(), other);
    await saveModel(dense([1, 2, 3, 4, 5, 6]), other); // its weights have another name
    let readings = 0;
    const artifacts = await readArtifacts(join(folder, "model.json"), () => {
      readings += 1;
      if (readings > 1) return;
      cpSync(other, folder, { recursive: true });
      rmSync(join(folder, "weights.bin"));
    });
    expect(readings).toBe(2);
    expect([...new Float32Array(artifacts.weightData as ArrayBuffer)]).toEqual([1, 2, 3, 4, 5, 6, 0, 0]);
  });

  test("has weight files of the converter's names where these are wanted, and none of an unfinished save", async () => {
    const folder = await emptyFolder();
    const options = { weightsName: "group1-shard", shardBytes: 20 } as const;
    let artifacts: tf.io.ModelArtifacts | undefined;
    await dense().save(
      tf.io.withSaveHandler(async (given) => {
        artifacts = given;
        return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(given) };
      }),
    );
    await saveArtifacts(folder, artifacts!, options);
    const files = ["group1-shard1of2.bin", "group1-shard2of2.bin", "model.json"];
    expect((await readdir(folder)).sort()).toEqual(files);
    await writeFile(join(folder, "group1-shard1of2-0123456789ab.bin"), "unfinished");
    await saveArtifacts(folder, artifacts!, options); // their names are taken
    const now = (await readdir(folder)).sort();
    expect(now).toHaveLength(3);
    expect(now[0]).toMatch(/^group1-shard1of2-(?!0123456789ab)[0-9a-f]{12}\.bin$/);
    expect(numbersOf(await loadModel(folder))).toEqual([...Float32Array.from(KERNEL)]);
    await expect(saveArtifacts(folder, {}, options)).rejects.toThrow(
      "saveArtifacts: artifacts must be a model's artifacts with modelTopology and weightData, got",
    );
    await expect(saveArtifacts(folder, artifacts!, { shards: 2 } as object)).rejects.toThrow(
      "saveArtifacts: unknown option 'shards'",
    );
  });

  test("keeps the old model where the new one cannot be stored", async () => {
    const folder = await emptyFolder();
    await saveModel(dense(), folder);
    const large = dense([1e5, 0, 0, 0, 0, 0]);
    await expect(saveModel(large, folder, { dtype: "float16" })).rejects.toThrow(
      "saveModel: 'head/kernel' must be within ±65504 for float16, got 100000",
    );
    expect(numbersOf(await loadModel(folder))).toEqual([...Float32Array.from(KERNEL)]);
    await expect(saveModel(dense(), join(folder, "model.json"))).rejects.toThrow(
      `${join(folder, "model.json", "weights.bin")}: could not write its 32 bytes: `,
    );
  });
});

describe("loadModel refuses", () => {
  beforeAll(() => startBackend("cpu"));

  /** The message for a saved model after a change, and the tensors that the refusal leaves. */
  async function refusal(change: (folder: string) => unknown): Promise<string> {
    const folder = await emptyFolder();
    const model = dense();
    await saveModel(model, folder);
    model.dispose();
    await change(folder);
    const before = tf.memory().numTensors;
    const error = await loadModel(folder).catch((error: Error) => error);
    expect(tf.memory().numTensors).toBe(before);
    return String(error).replaceAll(folder, "F").replaceAll("\\", "/");
  }
  const weights = (change: (bytes: Buffer) => Uint8Array) => (folder: string) =>
    writeFileSync(join(folder, "weights.bin"), change(readFileSync(join(folder, "weights.bin"))));

  test.each<[string, (folder: string) => unknown, string]>([
    [
      "no model.json",
      (folder) => rm(join(folder, "model.json")),
      "F/model.json: expected a tfjs layers model (model.json), could not read it",
    ],
    [
      "no JSON",
      (folder) => writeFile(join(folder, "model.json"), "{"),
      "F/model.json: expected a tfjs layers model, got something else (Expected property name",
    ],
    [
      "weights cut short",
      weights((bytes) => bytes.subarray(4)),
      "F/model.json: its weight files (weights.bin) must hold 32 bytes, got 28",
    ],
    [
      "weights too long",
      weights((bytes) => Buffer.concat([bytes, bytes])),
      "F/model.json: its weight files (weights.bin) must hold 32 bytes, got 64",
    ],
    [
      "a changed byte",
      weights((bytes) => bytes.map((byte, i) => (i === 5 ? byte ^ 1 : byte))),
      "F/weights.bin: expected the bytes that were saved (SHA-256 ",
    ],
    [
      "no weights",
      (folder) => rm(join(folder, "weights.bin")),
      "F/weights.bin: a weight file that model.json names could not be read",
    ],
    [
      "a manifest of another form",
      (folder) =>
        changeJson(folder, (json) => {
          json.weightsManifest[0].weights[0].shape = [3, -2];
        }),
      "F/model.json: expected a tfjs layers model, got something else (weightsManifest.0.weights.0.shape must be an array of integers >= 0)",
    ],
    [
      "an unknown type",
      (folder) =>
        changeJson(folder, (json) => {
          json.weightsManifest[0].weights[0].dtype = "float23";
        }),
      "F/model.json: expected 'head/kernel' to be one of float32, int32, bool, complex64, float16, uint16, uint8, got float23",
    ],
    [
      "a layer that is not registered",
      (folder) =>
        changeJson(folder, (json) => {
          json.modelTopology.config.layers[0].class_name = "PatchEmbeddings";
        }),
      "F/model.json: expected a model that TensorFlow.js can load, got: Unknown layer: PatchEmbeddings. This may be due to one of the following reasons:; import the package that it is of before (such as vit-blocks), or register",
    ],
    [
      "a graph model",
      (folder) =>
        changeJson(folder, (json) => {
          json.format = "graph-model";
        }),
      "F/model.json: expected a tfjs layers model, got 'graph-model'; in Node, load it with loadGraphModel(modelFolder(path)) of @tensorflow/tfjs-converter and named-weights/node",
    ],
    [
      "weights that are not finite",
      async (folder) => {
        await changeJson(folder, (json) => {
          json.weightsManifest[0].sha256 = undefined;
        });
        weights((bytes) =>
          Buffer.concat([Buffer.from(Float32Array.of(Number.NaN).buffer), bytes.subarray(4)]),
        )(folder);
      },
      "F/model.json: expected weights that are finite numbers, got NaN in 'head/kernel' at 0",
    ],
  ])("%s", async (_, change, message) => {
    expect(await refusal(change)).toContain(message);
  });
});

test("a graph model is read from its folder by tfjs' own loader", async () => {
  await startBackend("cpu");
  const folder = await emptyFolder();
  const attr = { dtype: { type: "DT_FLOAT" } };
  const node = [
    {
      name: "x",
      op: "Placeholder",
      attr: { ...attr, shape: { shape: { dim: [{ size: "-1" }, { size: "3" }] } } },
    },
    {
      name: "w",
      op: "Const",
      attr: {
        ...attr,
        value: { tensor: { dtype: "DT_FLOAT", tensorShape: { dim: [{ size: "3" }, { size: "2" }] } } },
      },
    },
    {
      name: "y",
      op: "MatMul",
      input: ["x", "w"],
      attr: { T: attr.dtype, transpose_a: { b: false }, transpose_b: { b: false } },
    },
  ];
  const json = {
    ...{ format: "graph-model", generatedBy: "2.15.0", convertedBy: "TensorFlow.js Converter v4.22.0" },
    modelTopology: { node, library: {}, versions: { producer: 1645 } },
    weightsManifest: [
      {
        paths: ["group1-shard1of2.bin", "group1-shard2of2.bin"],
        weights: [{ name: "w", shape: [3, 2], dtype: "float32" }],
      },
    ],
  };
  await writeFile(join(folder, "model.json"), JSON.stringify(json));
  const bytes = new Uint8Array(Float32Array.from(KERNEL).buffer);
  await writeFile(join(folder, "group1-shard1of2.bin"), bytes.subarray(0, 13));
  await writeFile(join(folder, "group1-shard2of2.bin"), bytes.subarray(13));
  const model = await loadGraphModel(modelFolder(folder));
  expect([...(model.predict(tf.ones([1, 3])) as tf.Tensor).dataSync()]).toEqual([
    Math.fround(0.5 + 1.25 + Math.fround(0.1)),
    0,
  ]);
});
