// What TensorFlow answers for the same graphs (fixtures/tensorflow_graph.py), and which nodes it has been shown.
import { readFileSync } from "node:fs";
import { loadGraphModel } from "@tensorflow/tfjs-converter";
import * as tf from "@tensorflow/tfjs-core";
import { startBackend } from "tfjs-backends";
import { beforeAll, expect, test } from "vitest";
import { toGraphModel } from "../src/index.ts";
import { KERNELS } from "../src/kernels/kernels.ts";
import { traceModel } from "../src/trace/trace-model.ts";
import { dynamicAxes, shapesFor, traceSizes } from "../src/varying/dynamic-axes.ts";
import { ALL } from "./all-models.ts";
import { inputsOf, shuffled } from "./compare.ts";

interface Fixture {
  /** By op, the sets of attributes that nodes had. */
  readonly nodes: Readonly<Record<string, readonly string[]>>;
  /** By model, of each output: its shape, its first numbers and the sum of all, without signs. */
  readonly cases: Readonly<Record<string, readonly { shape: number[]; first: number[]; absolute: number }[]>>;
}

const file = new URL("../fixtures/tensorflow.json", import.meta.url);
const { nodes, cases } = JSON.parse(readFileSync(file, "utf8")) as Fixture;
const TOLERANCE = 2e-6; // float32, relative to the largest of the numbers

beforeAll(() => startBackend("cpu"));

test.each(Object.entries(ALL))("TensorFlow has run and answers alike: %s", async (name, make) => {
  const model = shuffled(make());
  const artifacts = await toGraphModel(model);
  const { node } = artifacts.modelTopology as { node: { op: string; attr?: object }[] };
  for (const { op, attr = {} } of node) expect(nodes[op], op).toContain(Object.keys(attr).sort().join());
  const graph = await loadGraphModel(tf.io.fromMemory(artifacts));
  const outputs = [graph.predict(inputsOf(model, 2))].flat() as tf.Tensor[];
  expect(outputs).toHaveLength(cases[name]!.length);
  for (const [i, { shape, first, absolute }] of cases[name]!.entries()) {
    const values = outputs[i]!.dataSync();
    const largest = values.reduce((most, x) => Math.max(most, Math.abs(x)), 0) || 1;
    expect(outputs[i]!.shape).toEqual(shape);
    for (const [j, value] of first.entries())
      expect(Math.abs(values[j]! - value) / largest).toBeLessThan(TOLERANCE);
    const sum = values.reduce((total, x) => total + Math.abs(x), 0);
    expect(Math.abs(sum - absolute) / (largest * values.length)).toBeLessThan(TOLERANCE);
  }
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
