// What TensorFlow answers for the same graphs (fixtures/tensorflow_graph.py), and which nodes it has been shown.
import { readFileSync } from "node:fs";
import { loadGraphModel } from "@tensorflow/tfjs-converter";
import * as tf from "@tensorflow/tfjs-core";
import { parity } from "test-kit";
import { startBackend } from "tfjs-backends";
import { beforeAll, expect, test } from "vitest";
import { ALL } from "../test/all-models.ts";
import { inputsOf, shuffled } from "../test/compare.ts";
import { toGraphModel } from "./index.ts";
import { KERNELS } from "./kernels/kernels.ts";
import { traceModel } from "./trace/trace-model.ts";
import { dynamicAxes, shapesFor, traceSizes } from "./varying/dynamic-axes.ts";

interface Fixture {
  readonly tensorflow: string;
  /** By op, the sets of attributes that nodes had. */
  readonly nodes: Readonly<Record<string, readonly string[]>>;
  /** By model, of each output: its shape, its first numbers and the sum of all, without signs. */
  readonly cases: Readonly<Record<string, readonly { shape: number[]; first: number[]; absolute: number }[]>>;
}

const file = new URL("../fixtures/tensorflow.json", import.meta.url);
const fixture = JSON.parse(readFileSync(file, "utf8")) as Fixture;
const TOLERANCE = 2e-6; // float32, relative to the largest of the numbers
const errors: number[] = [];
// tfjs' WASM kernels themselves are off by 1e-3 in three of these cases; test/parity.test.ts compares on it.
beforeAll(() => startBackend("cpu"));

test.each(Object.entries(ALL))("TensorFlow has run, and answers alike: %s", async (name, make) => {
  const model = shuffled(make());
  const artifacts = await toGraphModel(model);
  const { node } = artifacts.modelTopology as { node: { op: string; attr?: object }[] };
  for (const { op, attr = {} } of node)
    expect(fixture.nodes[op], op).toContain(Object.keys(attr).sort().join());
  const graph = await loadGraphModel(tf.io.fromMemory(artifacts));
  const outputs = [graph.predict(inputsOf(model, 2))].flat() as tf.Tensor[];
  expect(outputs).toHaveLength(fixture.cases[name]!.length);
  for (const [i, { shape, first, absolute }] of fixture.cases[name]!.entries()) {
    const values = [...outputs[i]!.dataSync()];
    const largest = values.reduce((most, x) => Math.max(most, Math.abs(x)), 0) || 1;
    expect(outputs[i]!.shape).toEqual(shape);
    const sum = values.reduce((total, x) => total + Math.abs(x), 0);
    const own = first.map((value, j) => Math.abs(values[j]! - value) / largest);
    own.push(Math.abs(sum - absolute) / (largest * values.length));
    expect(Math.max(...own)).toBeLessThan(TOLERANCE);
    errors.push(...own);
  }
});

test("TensorFlow answers alike in all", () => {
  expect(errors.length).toBeGreaterThan(400);
  parity({
    item: "toGraphModel: Keras' layers, ViTs, a BiT, layers of a user's own: outputs (relative to the largest)",
    ...{ reference: "TensorFlow", version: fixture.tensorflow, backend: "cpu", tolerance: TOLERANCE },
    measured: Math.max(...errors),
  });
});

test("these models run every kernel that a graph can carry", () => {
  const seen = new Set<string>();
  for (const make of Object.values(ALL)) {
    const model = make();
    const axes = dynamicAxes(model);
    const { ops } = traceModel(model, shapesFor(model, axes, traceSizes(axes).first), KERNELS, []);
    for (const { kernel } of ops) seen.add(kernel);
  }
  const composed = ["LogicalXor", "LogSoftmax"]; // which tfjs makes of others
  expect([...KERNELS.keys()].filter((kernel) => !seen.has(kernel))).toEqual(composed);
});
