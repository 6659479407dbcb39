import * as tf from "@tensorflow/tfjs-core";
import { largestMixedError, noise } from "test-kit";
import { startWasm } from "test-kit/backends";
import { beforeAll, expect, test } from "vitest";
import { outputsOfFusedKernels } from "../test/fused-kernels.ts";
import { memoryOf, type WasmBackend } from "./host.ts";

const MIB = 1024 * 1024;
const BLOCK_FLOATS = 64 * MIB; // 256 MiB, never touched: costs addresses, not memory

beforeAll(startWasm);

function backend(): WasmBackend {
  return tf.backend() as WasmBackend;
}

/** Takes blocks of the heap until `enough` or until there is none left; returns what gives them back. */
function occupy(enough: () => boolean): { error: unknown; release: () => void } {
  const blocks: tf.TensorInfo[] = [];
  const release = () => {
    for (const { dataId } of blocks) backend().disposeData(dataId);
  };
  try {
    while (!enough()) blocks.push(backend().makeOutput([BLOCK_FLOATS], "float32"));
    return { error: undefined, release };
  } catch (error) {
    return { error, release };
  }
}

/** Every way in which kernels address memory, as plain numbers. */
function resultsOfKernels(): number[][] {
  const x = tf.tensor2d(noise(40 * 30, 1), [40, 30]);
  const images = tf.tensor4d(noise(2 * 7 * 7 * 5, 2), [2, 7, 7, 5]);
  const filter = tf.tensor4d(noise(3 * 3 * 5 * 6, 3), [3, 3, 5, 6]);
  const convolve = (a: tf.Tensor, b: tf.Tensor) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, "same");
  const results = tf.tidy(() => [
    tf.matMul(x, x, true, false).dataSync(),
    tf.sum(x, 0).dataSync(),
    ...tf
      .grads(convolve)([images, filter])
      .map((gradient) => gradient.dataSync()),
  ]);
  tf.dispose([x, images, filter]);
  return [...results, ...outputsOfFusedKernels()].map((values) => [...values]);
}

test("kernels give the same results above 2 GiB of a heap that has grown as at its start", () => {
  const before = resultsOfKernels();
  const small = memoryOf(backend()).buffer.byteLength;
  const probe = () => {
    const { dataId } = backend().makeOutput([MIB], "float32");
    const address = backend().dataIdMap.get(dataId).memoryOffset;
    backend().disposeData(dataId);
    return address;
  };
  const { error, release } = occupy(() => probe() > 2 ** 31);
  expect(error).toBeUndefined();
  expect(memoryOf(backend()).buffer.byteLength).toBeGreaterThan(Math.max(small, 2 ** 31));
  const high = tf.tensor1d(noise(MIB, 1));
  expect(backend().dataIdMap.get(high.dataId).memoryOffset).toBeGreaterThan(2 ** 31);
  expect(
    tf
      .sum(tf.reshape(high, [1024, 1024]), 0)
      .dataSync()
      .every(Number.isFinite),
  ).toBe(true);
  for (const [i, values] of resultsOfKernels().entries())
    expect(largestMixedError(values, before[i]!)).toBe(0);
  high.dispose();
  release();
});

test("a full heap is an error that says what to do, and tfjs works on", () => {
  const before = resultsOfKernels();
  const tensors = tf.memory().numTensors;
  const { error, release } = occupy(() => false);
  expect(String(error)).toMatch(
    /WASM heap exhausted: 256\.0 MiB requested, .* that can grow to 4096 MiB; lower the micro-batch/,
  );
  expect(memoryOf(backend()).buffer.byteLength).toBeGreaterThan(3.75 * 1024 * MIB);
  release();
  for (const [i, values] of resultsOfKernels().entries())
    expect(largestMixedError(values, before[i]!)).toBe(0);
  expect(tf.memory().numTensors).toBe(tensors);
});

test("a kernel that fails half-way frees what it has made", () => {
  const { wasm, numDataIds } = backend() as WasmBackend & { numDataIds(): number };
  const inputs = { x: tf.ones([4, 8]), gamma: tf.ones([8]), beta: tf.zeros([8]) };
  const before = numDataIds.call(backend());
  const malloc = wasm._malloc;
  let calls = 0;
  wasm._malloc = (bytes) => {
    if (++calls === 3) throw new Error("no third output");
    return malloc(bytes);
  };
  expect(() => tf.engine().runKernel("LayerNorm", inputs, { epsilon: 1 })).toThrow("no third output");
  wasm._malloc = malloc;
  expect(numDataIds.call(backend())).toBe(before);
  tf.dispose(inputs);
});
