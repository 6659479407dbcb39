// One MobileNetV2 as a layers model, a graph model, a SavedModel and ONNX: the same answers.
import { spawnSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadGraphModel } from "@tensorflow/tfjs-converter";
import * as tf from "@tensorflow/tfjs-core";
import { modelFolder, saveModel } from "named-weights/node";
import { savedModelToGraph } from "saved-model-to-graph";
import { emptyFolder, errorOverLargest, fixturesOf, sharedData } from "test-kit";
import { startBackend } from "tfjs-backends";
import { toGraphModel } from "tfjs-to-graph";
import { toOnnx } from "tfjs-to-onnx";
import { beforeAll, expect, test } from "vitest";
import { type Classifier, loadLayersModelFile, openClassifier } from "./index.ts";
import { sidesOf } from "./kinds/pictures.ts";
import { mobileNetV2 } from "./test-data.ts";

const fixtures = fixturesOf(import.meta.url);
const script = fileURLToPath(fixtures.url("saved_model_of_layers.py"));
const published = sharedData("data/teacher/mobilenet_v2_1.0_224_f16");
/** A Python with TensorFlow, which keras-hub brings. */
const python = process.env.PYTHON_EXPORT;
beforeAll(() => startBackend("wasm"));

/** ONNX and graph of a layers model, in files. */
async function written(model: Awaited<ReturnType<typeof loadLayersModelFile>>) {
  const folder = await emptyFolder();
  const [onnx, graph] = [join(folder, "mobilenet.onnx"), join(folder, "graph")];
  await writeFile(onnx, await toOnnx(model, { layout: "NHWC" }));
  await modelFolder(graph).save(await toGraphModel(model));
  return { onnx, graph };
}

/** Logits and `feature_vector` of the same pictures, each against those of the first. */
async function differences(
  classifiers: Readonly<Record<string, Classifier>>,
): Promise<Record<string, number>> {
  const [first] = Object.values(classifiers);
  const [height, width] = sidesOf(first!.imageSize);
  const x = tf.randomUniform([2, height, width, 3], 0, 255, "float32", 3);
  const answers = async ({ teacher }: Classifier) => (await teacher!.logits(x)).dataSync() as Float32Array;
  const reference = await answers(first!);
  const found: Record<string, number> = {};
  for (const [name, one] of Object.entries(classifiers))
    found[name] = errorOverLargest(await answers(one), reference);
  return found;
}

test("of small random weights, in the four forms", async () => {
  const model = mobileNetV2();
  const folder = join(await emptyFolder(), "layers");
  await saveModel(model, folder);
  const { onnx, graph } = await written(model);
  const symmetric = { pixels: "symmetric" } as const;
  const found = await differences({
    layers: await openClassifier(folder, symmetric),
    onnx: await openClassifier(onnx, symmetric),
    graph: await openClassifier(graph, symmetric),
  });
  // 1e-5 of the largest logit: float32, fifty layers
  for (const [name, error] of Object.entries(found)) expect(error, name).toBeLessThan(1e-5);

  // TensorFlow's graph of this network, with these weights as its variables.
  const tensors = new Map(
    model.weights.map((weight) => {
      const name = weight.originalName;
      const key = `variables_of/${name.replaceAll("/", "_")}/.ATTRIBUTES/VARIABLE_VALUE`;
      return [name, { name, key, shape: weight.shape as number[] }];
    }),
  );
  const values = new Map(model.weights.map((weight) => [weight.originalName, weight.read().dataSync()]));
  const artifacts = await savedModelToGraph({
    name: "mobilenet",
    model: new Uint8Array(await readFile(fixtures.url("mobilenet/saved_model.pb"))),
    variables: { name: "variables", tensors, read: async (name) => values.get(name)! },
  });
  const saved = await loadGraphModel(tf.io.fromMemory(artifacts));
  const x = tf.randomUniform([2, 96, 96, 3], -1, 1, "float32", 5);
  const theirs = saved.execute(x, ["predictions", "feature_vector"]) as tf.Tensor[];
  const ours = (model.predict(x) as tf.Tensor).dataSync() as Float32Array;
  expect(errorOverLargest(theirs[0]!.dataSync() as Float32Array, ours)).toBeLessThan(1e-5);
  expect(theirs[1]!.shape).toEqual([2, 1280]);
});

/** A layers model's folder as TensorFlow saves it, opened. */
async function savedByTensorFlow(folder: string): Promise<Classifier> {
  const saved = join(await emptyFolder(), "saved");
  const { status, stderr } = spawnSync(python!, [script, folder, saved], { encoding: "utf8" });
  expect(status, stderr).toBe(0);
  const classifier = await openClassifier(saved, { pixels: "symmetric" });
  expect(classifier.kind).toBe("saved-model");
  expect(classifier.backbone!().width).toBe(1280);
  return classifier;
}

test.skipIf(python === undefined)("of random weights, saved by TensorFlow itself", async () => {
  const folder = join(await emptyFolder(), "layers");
  await saveModel(mobileNetV2({ alpha: 1, side: 224, classes: 1000 }), folder);
  const layers = await openClassifier(folder, { pixels: "symmetric" });
  const found = await differences({ layers, saved: await savedByTensorFlow(folder) });
  expect(found.saved).toBeLessThan(1e-5);
});

test.skipIf(published === undefined)(
  "as published, as layers, ONNX, graph and (with TensorFlow) SavedModel",
  async () => {
    const { onnx, graph } = await written(await loadLayersModelFile(published!));
    const symmetric = { pixels: "symmetric" } as const;
    const forms: Record<string, Classifier> = {
      layers: await openClassifier(published!),
      onnx: await openClassifier(onnx, symmetric),
      graph: await openClassifier(graph, symmetric),
    };
    if (python !== undefined) forms["saved-model"] = await savedByTensorFlow(published!);
    const found = await differences(forms);
    process.stderr.write(`MobileNetV2's forms, relative to the largest logit: ${JSON.stringify(found)}\n`);
    // 1e-5 of the largest logit: float32, fifty layers; measured 2e-6
    for (const [name, error] of Object.entries(found)) expect(error, name).toBeLessThan(1e-5);
  },
);
