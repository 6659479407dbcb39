// An exported folder, served as it is, in a page: transformers.js without options, and stock tfjs without a package of ours.
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { averageHeads, deit } from "deit-model";
import { emptyFolder, largestDifference, stir } from "test-kit";
import { findChromium, resultOfPage } from "test-kit/browser";
import { startBackend } from "tfjs-backends";
import { exportModel } from "vit-export/node";
import { expect, test } from "vitest";
import { areThere } from "./programs.ts";
import { transformersPage } from "./transformers-page.ts";

const chromium = findChromium();
const isWanted = (areThere && chromium !== undefined) || process.env.CONFORMANCE === "all";
if (!isWanted)
  process.stderr.write("in-a-page.test.ts is skipped: no chromium, or see scripts/verifiers.sh\n");

const page = `
import { AutoModelForImageClassification, env, pipeline, RawImage, Tensor } from "@huggingface/transformers";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { loadGraphModel } from "@tensorflow/tfjs-converter";

const post = (result) => fetch("/result", { method: "POST", body: JSON.stringify(result) });
try {
  const pixels = Float32Array.from({ length: 2 * 3 * 32 * 32 }, (_, i) => Math.sin(i));
  env.allowRemoteModels = false;
  env.allowLocalModels = true;
  env.localModelPath = "/models/";
  env.backends.onnx.wasm.wasmPaths = "/ort/";
  const model = await AutoModelForImageClassification.from_pretrained("exported");
  const { logits } = await model({ pixel_values: new Tensor("float32", pixels.slice(), [2, 3, 32, 32]) });
  const classify = await pipeline("image-classification", "exported");
  const gray = new RawImage(new Uint8ClampedArray(3 * 40 * 30).fill(127), 40, 30, 3);
  const classes = await classify(gray, { top_k: 5 });
  await tf.setBackend("cpu");
  const graph = await loadGraphModel("/models/exported/tfjs/model.json");
  const images = tf.transpose(tf.tensor(pixels, [2, 3, 32, 32]), [0, 2, 3, 1]);
  await post({ onnx: Array.from(logits.data), classes, graph: Array.from(graph.predict(images).dataSync()) });
} catch (error) {
  await post({ error: String(error?.stack ?? error) });
}
`;

test.runIf(isWanted)("transformers.js and tfjs answer in a page as the model does here", async () => {
  await startBackend("wasm");
  const student = deit({
    imageSize: 32,
    patchSize: 8,
    dim: 24,
    depth: 2,
    heads: 3,
    classes: 5,
    init: "timm",
  });
  stir(student, 0.3);
  const folder = await emptyFolder();
  const classNames = ["daisy", "dandelion", "roses", "sunflowers", "tulips"];
  await exportModel(student, join(folder, "models/exported"), {
    classNames,
    preprocessing: {
      ...{ resize: { height: 32, width: 32 }, resample: "bilinear", rescale: 1 / 255 },
      ...{ mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
    },
  });
  const script = await transformersPage(page, folder);
  const result = (await resultOfPage(chromium!, script, { folder })) as {
    error?: string;
    onnx: number[];
    graph: number[];
    classes: { label: string; score: number }[];
  };
  expect(result.error).toBeUndefined();
  const images = tf.tensor(
    Float32Array.from({ length: 2 * 3 * 32 * 32 }, (_, i) => Math.sin(i)),
    [2, 3, 32, 32],
  );
  const logits = averageHeads(student).predict(tf.transpose(images, [0, 2, 3, 1])) as tf.Tensor;
  const ours = logits.dataSync();
  expect(largestDifference(result.onnx, ours)).toBeLessThan(1e-5);
  expect(largestDifference(result.graph, ours)).toBeLessThan(1e-5);
  const gray = averageHeads(student).predict(tf.fill([1, 32, 32, 3], (127 / 255 - 0.5) / 0.5)) as tf.Tensor;
  const shares = tf.softmax(gray).dataSync();
  const expected = classNames
    .map((label, i) => ({ label, score: shares[i]! }))
    .sort((a, b) => b.score - a.score);
  expect(result.classes.map(({ label }) => label)).toEqual(expected.map(({ label }) => label));
  expect(
    largestDifference(
      result.classes.map(({ score }) => score),
      expected.map(({ score }) => score),
    ),
  ).toBeLessThan(1e-5);
});
