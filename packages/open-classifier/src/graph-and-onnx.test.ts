// Graph models, SavedModels and ONNX files, and heads on them.
import { cp, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { modelFolder } from "named-weights/node";
import { emptyFolder, errorOverLargest, fixturesOf } from "test-kit";
import { startBackend } from "tfjs-backends";
import { toGraphModel } from "tfjs-to-graph";
import { toOnnx } from "tfjs-to-onnx";
import { beforeAll, describe, expect, test } from "vitest";
import { addNotes, type Classifier, layersClassifier, openClassifier, saveNotes, withHead } from "./index.ts";

const fixtures = fixturesOf(import.meta.url);
const savedModel = fileURLToPath(fixtures.url("saved-model"));
beforeAll(() => startBackend("cpu"));

/** A convolutional classifier with a layer `feature_vector`, of bytes. */
function network(): tfl.LayersModel {
  const inputs = tfl.input({ shape: [16, 16, 3], name: "pixels" });
  const maps = tfl.layers
    .conv2d({ filters: 4, kernelSize: 3, strides: 2, activation: "relu6" })
    .apply(inputs);
  const vector = tfl.layers.globalAveragePooling2d({ name: "feature_vector" }).apply(maps);
  const outputs = tfl.layers.dense({ units: 3, name: "logits" }).apply(vector) as tfl.SymbolicTensor;
  return tfl.model({ inputs, outputs });
}
const images = (side = 16) => tf.randomUniform([2, side, side, 3], 0, 255, "float32", 7);
const floats = async (tensor: tf.Tensor | Promise<tf.Tensor>) => (await tensor).dataSync() as Float32Array;

/** The network as ONNX with two outputs, or of maps too. */
async function onnxFile(outputs: readonly string[] = ["logits", "feature_vector"]) {
  const model = network();
  const tensors = {
    logits: model.outputs[0]!,
    feature_vector: model.layers[2]!.output as tfl.SymbolicTensor,
  };
  const wanted = outputs.map((name) => tensors[name as keyof typeof tensors]);
  const whole = tfl.model({ inputs: model.inputs, outputs: wanted });
  const path = join(await emptyFolder(), "network.onnx");
  await writeFile(path, await toOnnx(whole, { inputNames: ["pixels"], outputNames: [...outputs] }));
  return { model, path };
}

describe("an ONNX file", () => {
  test("gives the model's logits and features, by the notes and names beside it", async () => {
    const { model, path } = await onnxFile();
    await writeFile(join(path, "../labels.txt"), "daisy\ntulip\nrose\n\n");
    const classifier = await openClassifier(path, { pixels: "bytes" });
    expect(classifier.found).toBe("an ONNX model of 3 classes, 16x16 pixels");
    expect(classifier.classNames).toEqual(["daisy", "tulip", "rose"]);
    expect(classifier.parameters).toBe(model.countParams());
    const x = images();
    const logits = await floats(classifier.teacher!.logits(x));
    expect(errorOverLargest(logits, await floats(model.predict(x) as tf.Tensor))).toBeLessThan(1e-6);
    const features = await floats(classifier.backbone!().features(x));
    const layer = tfl.model({ inputs: model.inputs, outputs: model.layers[2]!.output });
    expect(errorOverLargest(features, await floats(layer.predict(x) as tf.Tensor))).toBeLessThan(1e-6);
    expect(() => classifier.features("none")).toThrow(
      /must have an output 'none', got logits, feature_vector/,
    );

    expect(await saveNotes(classifier, { temperature: 3 })).toBe(`${path}.notes.json`);
    const target = join(await emptyFolder(), "kept");
    await classifier.save(target, { upright: false });
    const again = await openClassifier(target);
    expect(again.notes).toMatchObject({ upright: false, classNames: ["daisy", "tulip", "rose"] });
    expect(again.input).toMatchObject({ words: "pixels in 0…255", from: "noted" });
    expect(await floats(again.teacher!.logits(x))).toEqual(logits);
    expect(await again.digest()).toBe(await classifier.digest());
    expect((await openClassifier(path)).notes.temperature).toBe(3);
  });

  test("in a Hugging Face folder has its labels and preprocessing", async () => {
    const { path } = await onnxFile(["logits"]);
    const folder = await emptyFolder();
    await mkdir(join(folder, "onnx"));
    await rename(path, join(folder, "onnx/model.onnx"));
    await writeFile(
      join(folder, "config.json"),
      JSON.stringify({ model_type: "resnet", id2label: { 0: "a", 1: "b", 2: "c" } }),
    );
    const processor = {
      image_processor_type: "ConvNextImageProcessor",
      size: { shortest_edge: 16 },
      crop_pct: 0.8,
    };
    const normalized = { image_mean: [0.1, 0.2, 0.3], image_std: [0.5, 0.6, 0.7], resample: 3 };
    await writeFile(
      join(folder, "preprocessor_config.json"),
      JSON.stringify({ ...processor, ...normalized }),
    );
    const classifier = await openClassifier(folder);
    expect(classifier.kind).toBe("onnx");
    expect(classifier.classNames).toEqual(["a", "b", "c"]);
    expect(classifier.input).toMatchObject({
      words: "pixels less 0.1,0.2,0.3, over 0.5,0.6,0.7",
      from: "file",
    });
    expect(classifier.centerCrop).toMatchObject({ ratio: 0.8, interpolation: "bicubic" });
    expect(classifier.backbone).toBeUndefined();
    await writeFile(join(folder, "config.json"), JSON.stringify({ id2label: { 0: "a", 1: "b" } }));
    await expect(openClassifier(folder)).rejects.toThrow("expected names of its 3 classes, got 2");
  });

  test("that is damaged is one line with the file's name", async () => {
    const { path } = await onnxFile();
    const whole = await readFile(path);
    for (const end of [0, 1, 10, whole.length >> 1, whole.length - 1]) {
      await writeFile(path, whole.subarray(0, end));
      const error = await openClassifier(path).catch((one: Error) => one);
      expect((error as Error).message, `${end}`).toMatch(/^\/.*network\.onnx: expected an ONNX model/);
      expect((error as Error).message).not.toContain("\n");
    }
  });
});

describe("a graph model", () => {
  const preprocessing = {
    ...{ resize: { height: 16, width: 16 }, resample: "bilinear", rescale: 1 / 255 },
    ...{ mean: [0.4, 0.5, 0.6], std: [0.2, 0.25, 0.3] },
  };
  async function graphFolder(metadata: Readonly<Record<string, unknown>>) {
    const [model, path] = [network(), join(await emptyFolder(), "graph")];
    await modelFolder(path).save(await toGraphModel(model, { outputNames: ["logits"], metadata }));
    return { model, path };
  }

  test("alone has the preprocessing of its metadata, as vit-export writes it", async () => {
    const { model, path } = await graphFolder({
      classNames: ["a", "b", "c"],
      preprocessing,
      multiLabel: true,
    });
    const classifier = await openClassifier(path);
    expect(classifier.input).toMatchObject({
      words: "pixels less 0.4,0.5,0.6, over 0.2,0.25,0.3",
      from: "noted",
    });
    expect(classifier.centerCrop).toEqual({ ratio: 1, interpolation: "bilinear", stretch: true });
    expect(classifier.notes.multiLabel).toBe(true);
    const x = images();
    const input = tf.div(tf.sub(tf.div(x, 255), preprocessing.mean), preprocessing.std);
    const logits = await floats(classifier.teacher!.logits(x));
    expect(errorOverLargest(logits, await floats(model.predict(input) as tf.Tensor))).toBeLessThan(1e-6);
    classifier.dispose();
  });

  test("has notes and options before that, and no other program's field of that name", async () => {
    const { path } = await graphFolder({ preprocessing, inputRange: [-1, 1] });
    const noted = await openClassifier(path);
    const asked = await openClassifier(path, { pixels: "bytes" });
    const other = await openClassifier((await graphFolder({ preprocessing: { mean: 3 } })).path);
    expect([noted, asked, other].map(({ input: { words, from } }) => [words, from])).toEqual([
      ["pixels in -1…1", "noted"],
      ["pixels in 0…255", "noted"],
      ["pixels in 0…1", "assumed"],
    ]);
    for (const one of [noted, asked, other]) one.dispose();
  });

  test("beside a folder labels.txt has no names", async () => {
    const { path } = await graphFolder({});
    await mkdir(join(path, "labels.txt"));
    const classifier = await openClassifier(path);
    expect(classifier.classNames).toBeUndefined();
    classifier.dispose();
  });
});

test.skipIf(process.platform === "win32")("a device or a pipe is refused, and not read", async () => {
  await expect(openClassifier("/dev/null")).rejects.toThrow(/ or a run, got neither a file nor a folder$/);
});

describe("a SavedModel", () => {
  test("and the graph model that it is saved as are one classifier", async () => {
    const classifier = await openClassifier(savedModel);
    expect(classifier.found).toBe("a TensorFlow SavedModel of 3 classes, 16x16 pixels");
    expect(classifier.input).toMatchObject({ words: "pixels in 0…255", from: "read" });
    const x = images();
    const logits = await floats(classifier.teacher!.logits(x));
    expect(classifier.teacher!.outputs).toBe("probabilities");
    const target = join(await emptyFolder(), "graph");
    await classifier.save(target, { classNames: ["a", "b", "c"] });
    const graph = await openClassifier(target);
    expect([graph.kind, graph.found]).toEqual(["graph", "a tfjs graph model of 3 classes, 16x16 pixels"]);
    expect(graph.classNames).toEqual(["a", "b", "c"]);
    expect(graph.input).toMatchObject({ words: "pixels in 0…255", from: "noted" });
    expect(await floats(graph.teacher!.logits(x))).toEqual(logits);
    await saveNotes(graph, { temperature: 1.5 });
    expect((await openClassifier(target)).notes.temperature).toBe(1.5);
    await writeFile(join(target, "group1-shard1of1.bin"), "");
    const files = JSON.parse(await readFile(join(target, "model.json"), "utf8")).weightsManifest[0].paths;
    await writeFile(join(target, files[0]), new Uint8Array(8));
    await expect(openClassifier(target)).rejects.toThrow(/model\.json/);
  });

  test("leaves nothing on the backend", async () => {
    const folder = join(await emptyFolder(), "graph");
    const whole = await openClassifier(savedModel);
    await whole.save(folder);
    whole.dispose();
    const text = await readFile(join(folder, "model.json"), "utf8");
    await writeFile(join(folder, "model.json"), text.replaceAll('"Conv2D"', '"Conv7D"'));
    const before = tf.memory().numTensors;
    await expect(openClassifier(folder)).rejects.toThrow(`${folder}: expected a tfjs graph model that`);
    await writeFile(join(folder, "model.json"), text.replaceAll(/"input":\["[^"]+"/g, '"input":["none"'));
    await expect(openClassifier(folder)).rejects.toThrow(`${folder}: expected a tfjs graph model that`);
    (await openClassifier(savedModel)).dispose();
    const own = join(await emptyFolder(), "broken");
    await cp(savedModel, own, { recursive: true });
    await writeFile(join(own, "labels.txt"), "only one");
    await expect(openClassifier(own)).rejects.toThrow(`${own}: expected names of its 3 classes, got 1`);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe("a head on a backbone", () => {
  const headOf = (width: number) =>
    tfl.sequential({ layers: [tfl.layers.dense({ units: 2, inputShape: [width] })] });

  test("is saved with the model below it, and read again", async () => {
    const { path } = await onnxFile(["feature_vector"]);
    const base = await openClassifier(path, { pixels: "unit" });
    expect(base.teacher).toBeUndefined();
    expect(base.found).toBe("an ONNX model without classes, 16x16 pixels");
    const probed = withHead(base, headOf(4), { classNames: ["x", "y"] });
    const x = images();
    const logits = await floats(probed.teacher!.logits(x));
    const target = join(await emptyFolder(), "probed");
    await probed.save(target);
    const again: Classifier = await openClassifier(target);
    expect(again.classNames).toEqual(["x", "y"]);
    expect(again.input.words).toBe("pixels in 0…1");
    expect(await floats(again.teacher!.logits(x))).toEqual(logits);
    expect(await again.digest()).toBe(await probed.digest());
    const { logits: same, features } = await again.teacher!.layers.run(x, ["feature_vector"]);
    expect(await floats(same)).toEqual(logits);
    expect(features[0]!.shape).toEqual([2, 4]);
  });

  test("must fit its features", async () => {
    const model = network();
    addNotes(model, { classNames: ["a", "b", "c"] });
    const base = layersClassifier(model);
    expect(() => withHead(base, headOf(5))).toThrow("expected 5 features for the head, got 4");
    expect(() => withHead(base, headOf(4), { classNames: ["a"] })).toThrow(
      "expected names of its 2 classes, got 1",
    );
  });
});

test.each([
  ["empty", {}, "got an empty folder"],
  [
    "of Keras files",
    { "net.keras": "", "a.txt": "" },
    "got net.keras, a Keras 3 file: load it in Keras and call",
  ],
  ["of weights", { "net.safetensors": "" }, "got net.safetensors, a file of weights alone"],
  [
    "of many models",
    { "a.onnx": "", "b.onnx": "" },
    "expected one ONNX file, or model.onnx among several, got",
  ],
  ["of other things", { "a.txt": "", "b.txt": "" }, "got a folder with a.txt, b.txt"],
  ["of JSON", { "model.json": "{}" }, "model.json: expected a tfjs layers or graph model, got JSON without"],
])("a folder %s is an error that says what was found", async (_, files, message) => {
  const folder = await emptyFolder();
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  await expect(openClassifier(folder)).rejects.toThrow(message);
});
