// Graph models over HTTP in Chromium, in a page that has tfjs' own scripts and nothing of ours.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type * as tf from "@tensorflow/tfjs-core";
import { bit } from "bit-teacher";
import { averageHeads, deit } from "deit-model";
import { findChromium, resultOfPage } from "test-kit/browser";
import { startBackend } from "tfjs-backends";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { saveGraphModel } from "../src/node.ts";
import { inputsOf, shuffled } from "./compare.ts";
import { mobileNet } from "./models.ts";
import { CARRIED, modelOf } from "./own-layers.ts";

/** tfjs as its scripts for pages have it. */
const SCRIPTS = [
  "tfjs-core/dist/tf-core.min.js",
  "tfjs-converter/dist/tf-converter.min.js",
  "tfjs-backend-cpu/dist/tf-backend-cpu.min.js",
  "tfjs-backend-webgl/dist/tf-backend-webgl.min.js",
  "tfjs-backend-wasm/dist/tf-backend-wasm.min.js",
];

const VIT = { imageSize: 32, patchSize: 8, dim: 24, depth: 2, heads: 3, classes: 5 };
const MODELS = {
  "a DeiT's mean": () => averageHeads(deit(VIT)),
  "a DeiT's two heads": () => deit({ ...VIT, headDim: 24 }),
  "a BiT": () =>
    bit({ depths: [1, 1], channels: [16, 32], stemChannels: 8, groups: 4, imageSize: 32, classes: 5 }),
  "a MobileNetV2": () => mobileNet(),
  "a layer of a user's own": () => modelOf(CARRIED["turns the batch around"]!),
};

/** The page: each model on the current backend, on inputs that lie beside it. */
const page = `
(async () => {
  const wanted = new URLSearchParams(location.search).get("backend");
  tf.wasm.setWasmPaths("/wasm/");
  await tf.setBackend(wanted);
  const answers = [];
  for (let i = 0; i < ${Object.keys(MODELS).length}; i++) {
    const model = await tf.loadGraphModel("/" + i + "/model.json");
    const inputs = await (await fetch("/" + i + "/inputs.json")).json();
    const answer = model.predict(inputs.map(({ values, shape }) => tf.tensor(values, shape)));
    answers.push((await Promise.all([answer].flat().map((x) => x.data()))).map((values) => [...values]));
  }
  return { backend: tf.getBackend(), answers };
})()
  .catch((error) => ({ error: String(error.stack ?? error) }))
  .then((result) => fetch("/result", { method: "POST", body: JSON.stringify(result) }));
`;

const chromium = findChromium();
if (chromium === undefined) {
  process.stderr.write("page.test.ts is skipped: no chromium on the PATH (or set CHROMIUM)\n");
}

describe.runIf(chromium !== undefined)(
  "in a page with tfjs alone, graph models answer as the layers models,",
  () => {
    let folder = "";
    let script = "";
    const expected: number[][][] = [];

    beforeAll(async () => {
      await startBackend("cpu");
      folder = await mkdtemp(join(tmpdir(), "graph-page-"));
      const require = createRequire(import.meta.url);
      const scripts = SCRIPTS.map((path) => {
        const [name = "", ...inside] = path.split("/");
        return readFile(
          join(dirname(require.resolve(`@tensorflow/${name}/package.json`)), ...inside),
          "utf8",
        );
      });
      script = [...(await Promise.all(scripts)), page].join("\n;\n");
      for (const [i, make] of Object.values(MODELS).entries()) {
        const model = shuffled(make());
        await saveGraphModel(model, join(folder, String(i)), { shardBytes: 20_000 });
        const inputs = inputsOf(model, 2);
        const written = inputs.map((x) => ({ shape: x.shape, values: [...x.dataSync()] }));
        await writeFile(join(folder, String(i), "inputs.json"), JSON.stringify(written));
        const outputs = [model.predict(inputs)].flat() as tf.Tensor[];
        expected.push(outputs.map((y) => [...y.dataSync()]));
      }
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));

    test.each([
      ["cpu", "none", 1e-6],
      ["wasm", "none", 2e-6],
      ["webgl", "webgl", 1e-5], // other functions of the emulated GPU
    ] as const)("on %s", async (backend, gpu, tolerance) => {
      const options = { folder, gpu, module: false, query: `?backend=${backend}` };
      const result = (await resultOfPage(chromium!, script, options)) as {
        error?: string;
        backend: string;
        answers: number[][][];
      };
      expect(result.error).toBeUndefined();
      expect(result.backend).toBe(backend);
      for (const [i, name] of Object.keys(MODELS).entries()) {
        for (const [j, theirs] of expected[i]!.entries()) {
          const ours = result.answers[i]![j]!;
          const largest = Math.max(...theirs.map(Math.abs));
          const error = Math.max(...theirs.map((value, at) => Math.abs(value - ours[at]!))) / largest;
          expect(error, name).toBeLessThan(tolerance);
        }
      }
    });
  },
);
