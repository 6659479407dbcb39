// Gradients that are summed over ranks while the backward pass still runs.
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import type { Batch } from "sample-keys";
import { startBackend } from "tfjs-backends";
import { beforeAll, describe, expect, test } from "vitest";
import { classifierOf, distiller, SIDE } from "../replicas/test-data.ts";
import { wholeBatch } from "../step/batch-part.ts";
import type { Task } from "../task.ts";
import { BucketSums, bucketStarts } from "./bucket-sums.ts";
import { localEngine } from "./local-engine.ts";
import { localPasses } from "./local-passes.ts";
import { stepVectors, totalSize } from "./step-vector.ts";

const ROWS = 7;
const batch: Batch = {
  images: Float32Array.from({ length: ROWS * SIDE * SIDE * 3 }, (_, i) => 127 + 127 * Math.sin(i * i)),
  shape: [ROWS, SIDE, SIDE, 3],
  labels: Int32Array.from({ length: ROWS }, (_, row) => row % 5),
  sampleKeys: Uint32Array.from({ length: ROWS }, (_, row) => row + 9),
};

/** Gradients as the vector has them, and where it was final when, while the pass ran. */
async function early(task: Task, microBatchSize: number) {
  const starts: number[] = [];
  const { train: vector } = stepVectors(task);
  vector.fill(Number.NaN); // whatever an earlier step left
  await localPasses(task).run("train", wholeBatch(batch), microBatchSize, 3, vector, (start) => {
    starts.push(start);
  });
  return { starts, gradients: vector.slice(0, totalSize(task.variables)) };
}

async function atTheEnd(task: Task, microBatchSize: number): Promise<Float32Array> {
  const { gradients } = await localEngine(task).gradients(wholeBatch(batch), microBatchSize, 3);
  const parts = task.variables.map(({ name, size }) => gradients[name]?.dataSync() ?? new Float32Array(size));
  tf.dispose(gradients);
  return Float32Array.from(parts.flatMap((part) => [...part]));
}

/** A dense layer that is used twice, between two that are not. */
function shared(): Task {
  const init = { kernelInitializer: tfl.initializers.glorotUniform({ seed: 3 }) };
  const input = tfl.input({ shape: [SIDE, SIDE, 3] });
  const first = tfl.layers.dense({ units: 6, ...init }).apply(tfl.layers.flatten().apply(input));
  const twice = tfl.layers.dense({ units: 6, activation: "tanh", ...init });
  const last = tfl.layers.dense({ units: 5, ...init }).apply(twice.apply(twice.apply(first)));
  return classifierOf(tfl.model({ inputs: input, outputs: last as tfl.SymbolicTensor })).task;
}

describe.each(["cpu", "wasm"] as const)("gradients on %s", (backend) => {
  beforeAll(() => startBackend(backend));

  test.each([7, 3, 1])("have the bits that they have at the end, in micro-batches of %d", async (rows) => {
    const { task } = distiller();
    const before = tf.memory().numTensors;
    const { starts, gradients } = await early(task, rows);
    expect(tf.memory().numTensors).toBe(before);
    expect(gradients).toEqual(await atTheEnd(task, rows));
    expect(starts).toEqual([...starts].sort((a, b) => b - a));
    expect(starts.length).toBeGreaterThan(10); // layer by layer, from the last
    expect(starts.at(-1)).toBe(0);
  });

  test("of a layer that is used twice are taken at the end", async () => {
    const task = shared();
    const { starts, gradients } = await early(task, 4);
    expect(gradients).toEqual(await atTheEnd(task, 4));
    const [bias, kernel] = task.variables.map(({ size }) => size).reverse();
    const all = totalSize(task.variables);
    expect(starts).toEqual([all - bias!, all - bias! - kernel!]); // of the layer behind it, as they come
  });
});

test("buckets are of whole variables, from the last", () => {
  expect(bucketStarts([3, 4, 5], 6)).toEqual([3, 0]);
  expect(bucketStarts([9, 1, 5, 1], 5)).toEqual([10, 0]);
  expect(bucketStarts([2, 2], 100)).toEqual([0]);
  expect(bucketStarts([])).toEqual([]);
});

test("buckets are summed in their order as soon as they are final, a task's own numbers at last", async () => {
  const values = Float32Array.from({ length: 14 }, (_, i) => i);
  const sums: number[][] = [];
  const buckets = new BucketSums(values, 12, [7, 3, 0], async (bucket) => {
    sums.push([...bucket]);
    if (bucket[0] === 3) throw new Error("rank 1 is gone");
  });
  buckets.final(8);
  expect(sums).toEqual([]);
  buckets.final(2);
  expect(sums).toEqual([
    [7, 8, 9, 10, 11],
    [3, 4, 5, 6],
  ]);
  await expect(buckets.finish()).rejects.toThrow("rank 1 is gone");
  expect(sums.slice(2)).toEqual([
    [0, 1, 2],
    [12, 13],
  ]);
});
