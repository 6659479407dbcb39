import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { loadGraphModel } from "@tensorflow/tfjs-converter";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { startBackend } from "tfjs-backends";
import { toGraphModel } from "tfjs-to-graph";
import { expect, test } from "vitest";
import { expectFigures } from "../../../test/figures.ts";
import { registerVit } from "./register-vit.ts";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));
const TSX = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;

test("the program runs as written and learns", async () => {
  const node = ["--conditions=@deit/source", "--import", TSX, MAIN];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, node);
  expect(stderr).toBe("");
  expectFigures("custom-vit", stdout);
  const losses = [...stdout.matchAll(/loss ([\d.]+)/g)].map(([, loss]) => Number(loss));
  expect(losses).toHaveLength(8);
  expect(losses.at(-1)!).toBeLessThan(1.55); // of ln 5 = 1.61 for a guess
  expect(Number(/([\d.]+)% of the held-out pictures\n$/.exec(stdout)![1])).toBeGreaterThan(20);
}, 300_000);

test("the variant is written in under 60 lines", () => {
  const text = readFileSync(new URL("./register-vit.ts", import.meta.url), "utf8");
  expect(text.split("\n").length).toBeLessThan(60);
});

test("it answers the same when it has been saved and loaded", async () => {
  await startBackend("wasm");
  const model = registerVit({ size: 16, classes: 3, registers: 2 });
  let artifacts: tf.io.ModelArtifacts | undefined;
  await model.save(
    tf.io.withSaveHandler(async (saved) => {
      artifacts = saved;
      return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(saved) };
    }),
  );
  const loaded = await tfl.loadLayersModel(tf.io.fromMemory(artifacts!));
  const images = tf.randomUniform([2, 16, 16, 3], 0, 1, "float32", 7);
  const [mine, theirs] = [model, loaded].map((one) => (one.predict(images) as tf.Tensor).arraySync());
  expect(theirs).toEqual(mine);
});

test("it answers alike as a graph model, which knows none of its layers", async () => {
  await startBackend("wasm");
  const model = registerVit({ size: 16, classes: 3, registers: 2 });
  const graph = await loadGraphModel(tf.io.fromMemory(await toGraphModel(model)));
  for (const batch of [1, 3]) {
    const images = tf.randomUniform([batch, 16, 16, 3], 0, 1, "float32", 7);
    const [mine, theirs] = [model, graph].map((one) => (one.predict(images) as tf.Tensor).dataSync());
    const largest = Math.max(...mine!.map(Math.abs));
    for (const [i, logit] of mine!.entries())
      expect(Math.abs(theirs![i]! - logit) / largest).toBeLessThan(1e-5);
  }
});
