// Folders that transformers and timm saved, with the picture that they judged.
import { cp, mkdir, readFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs-core";
import { decodeImage } from "image-source/node";
import { emptyFolder, errorOverLargest, fixturesOf, parity } from "test-kit";
import { startBackend } from "tfjs-backends";
import { type RgbImage, sidesOf, viewOf } from "vision-augment";
import { beforeAll, describe, expect, test } from "vitest";
import { type Classifier, notesOf, openClassifier, saveNotes } from "./index.ts";

const fixtures = fixturesOf(import.meta.url);
const folder = (name: string) => fileURLToPath(fixtures.url(name));
let picture: RgbImage;
let expected: Record<string, number[]>;
beforeAll(async () => {
  await startBackend("cpu");
  picture = await decodeImage(await readFile(fixtures.url("picture.png")));
  expected = JSON.parse(await readFile(fixtures.url("folders.json"), "utf8"));
});

/** The picture as a classifier sees it, `[1, side, side, 3]`. */
function viewFor({ imageSize: size, centerCrop }: Classifier): tf.Tensor {
  const { data } = viewOf(picture, { kind: "center", size, ...centerCrop! });
  return tf.tensor(data, [1, ...sidesOf(size), 3]);
}

describe.each([
  ["deit", "transformers", "5.24.0", "a deit of transformers of 3 classes, 32x32 pixels"],
  ["vit", "transformers", "5.24.0", "a vit of transformers of 3 classes, 32x32 pixels"],
  ["timm", "timm", "1.0.31", "a vit of timm of 3 classes, 32x32 pixels"],
  ["dinov2", "transformers", "5.24.0", "a dinov2_with_registers of transformers of 3 classes, 32x32 pixels"],
])("the folder %s", (name, reference, version, found) => {
  test("has the logits of the software that saved it, from the photo on", async () => {
    const before = tf.memory().numTensors;
    const classifier = await openClassifier(folder(name));
    expect(classifier.found).toBe(found);
    expect(classifier.kind).toBe("hugging-face");
    expect(classifier.classNames).toEqual(["daisy", "tulip", "rose"]);
    expect(classifier.input.from).toBe("file");
    const view = viewFor(classifier);
    const logits = await classifier.teacher!.logits(view);
    parity({
      item: `openClassifier, folder ${name}: logits of a photo (relative to the largest)`,
      ...{ reference, version, backend: "cpu" },
      tolerance: 1e-5, // float32, two blocks; resizing and cropping are byte for byte
      measured: errorOverLargest(logits.dataSync() as Float32Array, Float32Array.from(expected[name]!)),
    });
    tf.dispose([logits, view]);
    classifier.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test("is saved as a layers model with all that is known of it", async () => {
    const classifier = await openClassifier(folder(name));
    const target = join(await emptyFolder(), "saved");
    await classifier.save(target, { upright: false });
    const again = await openClassifier(target);
    expect(again.kind).toBe("layers");
    expect(again.classNames).toEqual(classifier.classNames);
    expect(again.centerCrop).toEqual(classifier.centerCrop);
    expect(again.notes.upright).toBe(false);
    const [view, sameView] = [viewFor(classifier), viewFor(again)];
    const [logits, same] = [await classifier.teacher!.logits(view), await again.teacher!.logits(sameView)];
    expect([...same.dataSync()]).toEqual([...logits.dataSync()]);
    expect(await again.digest()).toBe(await classifier.digest());
  });
});

test("features are those of the class token, of a classifier and of a body without a head", async () => {
  for (const name of ["vit", "vit-body"]) {
    const classifier = await openClassifier(folder(name));
    expect(classifier.teacher === undefined).toBe(name === "vit-body");
    const { width, features } = classifier.backbone!();
    expect(width).toBe(12);
    const values = await features(viewFor(classifier));
    const error = errorOverLargest(
      values.dataSync() as Float32Array,
      Float32Array.from(expected["vit-features"]!),
    );
    expect(error, name).toBeLessThan(1e-5);
  }
});

test("of several classes a picture is known by problem_type, beside or above the model", async () => {
  const own = join(await emptyFolder(), "vit");
  await cp(folder("vit"), own, { recursive: true });
  const file = join(own, "config.json");
  const config = JSON.parse(await readFile(file, "utf8")) as object;
  for (const [problem, multiLabel] of [
    ["single_label_classification", undefined],
    ["multi_label_classification", true],
  ] as const) {
    await writeFile(file, JSON.stringify({ ...config, problem_type: problem }));
    const classifier = await openClassifier(own);
    expect(classifier.notes.multiLabel).toBe(multiLabel);
    classifier.dispose();
  }
  await cp(folder("timm"), join(own, "timm"), { recursive: true });
  const inner = await openClassifier(join(own, "timm"));
  expect(inner.notes.multiLabel).toBe(true);
  inner.dispose();
});

test("notes and options win over the folder's files", async () => {
  const own = join(await emptyFolder(), "vit");
  await cp(folder("vit"), own, { recursive: true });
  const classifier = await openClassifier(own);
  expect(await saveNotes(classifier, { temperature: 2, classNames: ["a", "b", "c"] })).toBe(
    join(own, "classifier-notes.json"),
  );
  const again = await openClassifier(own, { pixels: "unit" });
  expect([again.classNames, again.notes.temperature]).toEqual([["a", "b", "c"], 2]);
  expect(again.input).toMatchObject({ words: "pixels in 0…1", from: "noted" });
  expect(notesOf(again.layersModel!).inputRange).toEqual([0, 1]);
});

describe("a folder that cannot be", () => {
  async function changed(change: (own: string) => Promise<unknown>): Promise<string> {
    const own = join(await emptyFolder(), "vit");
    await cp(folder("vit"), own, { recursive: true });
    await change(own);
    return own;
  }
  const json = async (own: string, name: string, changes: object) => {
    const file = join(own, name);
    await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, "utf8")), ...changes }));
  };

  test.each([
    ["another architecture", { model_type: "resnet" }, /config\.json: .*model_type.*resnet.*ONNX/],
    ["class names with a gap", { id2label: { 0: "a", 2: "b" } }, /config\.json: expected id2label/],
    [
      "other classes than its head",
      { id2label: { 0: "a", 1: "b" } },
      /model\.safetensors is not for this model.*classifier\.weight/,
    ],
    ["another width", { hidden_size: 24 }, /model\.safetensors is not for this model/],
    [
      "a size that its weights cannot have",
      { hidden_size: 3072 },
      /expected the [\d,]+ parameters .* got 29,644 bytes/,
    ],
    ["a size that nothing has", { num_hidden_layers: 1e9 }, /config\.json: .*num_hidden_layers/],
  ])("has %s: its error names the file", async (_, changes, message) => {
    const before = tf.memory().numTensors;
    const own = await changed((path) => json(path, "config.json", changes));
    await expect(openClassifier(own)).rejects.toThrow(message);
    await expect(openClassifier(own)).rejects.toThrow(own);
    expect(tf.memory().numTensors).toBe(before);
  });

  test("is damaged, or is not whole", async () => {
    const before = tf.memory().numTensors;
    const short = await changed((own) => truncate(join(own, "model.safetensors"), 20_000));
    await expect(openClassifier(short)).rejects.toThrow(/model\.safetensors: /);
    const text = await changed((own) => writeFile(join(own, "config.json"), "{"));
    await expect(openClassifier(text)).rejects.toThrow(/config\.json: expected JSON, got something else/);
    const none = await changed((own) => rm(join(own, "model.safetensors")));
    await expect(openClassifier(none)).rejects.toThrow(
      "got config.json without weights (model.safetensors) or onnx/model.onnx",
    );
    const processor = await changed((own) =>
      json(own, "preprocessor_config.json", { image_processor_type: "SamImageProcessor" }),
    );
    await expect(openClassifier(processor)).rejects.toThrow(
      /preprocessor_config\.json: .*image_processor_type/,
    );
    expect(tf.memory().numTensors).toBe(before);
  });

  test("of another architecture is taken as ONNX where it has that", async () => {
    const own = await changed(async (path) => {
      await json(path, "config.json", { model_type: "resnet" });
      await mkdir(join(path, "onnx"));
      await writeFile(join(path, "onnx", "model.onnx"), "not ONNX");
    });
    await expect(openClassifier(own)).rejects.toThrow(/onnx\/model\.onnx: expected an ONNX model/);
    await rename(join(own, "onnx"), join(own, "other"));
    await expect(openClassifier(own)).rejects.toThrow(/config\.json: /);
  });
});
