import * as tf from "@tensorflow/tfjs-core";
import { noise } from "test-kit";
import { startWasm } from "test-kit/backends";
import { beforeAll, expect, test } from "vitest";
import { outputsOfFusedKernels } from "../test/fused-kernels.ts";
import { memoryOf, type WasmBackend } from "./host.ts";

const STEPS = 1000;

beforeAll(startWasm);

/** Counts the blocks that JavaScript holds in tfjs' heap, from now on. */
function countBlocks(): () => number {
  const { wasm } = tf.backend() as WasmBackend;
  const [malloc, free] = [wasm._malloc, wasm._free];
  let blocks = 0;
  wasm._malloc = (bytes) => {
    blocks++;
    return malloc(bytes);
  };
  wasm._free = (pointer) => {
    blocks--;
    free(pointer);
  };
  return () => blocks;
}

test(`${STEPS} training steps leak no tensor and no block, and the heap stays as it is`, () => {
  const images = tf.tensor4d(noise(2 * 6 * 6 * 3, 1), [2, 6, 6, 3]);
  const filter: tf.Variable = tf.variable(tf.tensor4d(noise(3 * 3 * 3 * 4, 2), [3, 3, 3, 4]));
  const head: tf.Variable = tf.variable(tf.tensor2d(noise(4 * 5, 3), [4, 5]));
  const moments: tf.Tensor[][] = [filter, head].map((variable) => [
    tf.zerosLike(variable),
    tf.zerosLike(variable),
  ]);
  const labels = tf.tensor2d([1, 0, 0, 0, 0, 0, 0, 1, 0, 0], [2, 5]);

  const step = () => {
    const { value, grads } = tf.variableGrads(() => {
      const features = tf.relu(tf.conv2d(images, filter as tf.Tensor4D, 1, "same"));
      const pooled = tf.mean(features, [1, 2]);
      const taken = tf.gather(pooled, tf.tensor1d([1, 0, 1], "int32"));
      const logits = tf.einsum("bc,ck->bk", tf.add(pooled, tf.mean(taken, 0)), head);
      return tf.losses.softmaxCrossEntropy(labels, logits) as tf.Scalar;
    });
    const variables = [filter, head];
    const inputs = variables.flatMap((variable, i) => [variable, ...moments[i]!, grads[variable.name]!]);
    const attrs = { beta1: 0.9, beta2: 0.99, stepSize: 1e-3, epsilon: 1e-7, decays: [0, 0.01] };
    const given = inputs as unknown as tf.NamedTensorMap;
    const next = tf.engine().runKernel("AdamWUpdate", given, attrs) as tf.Tensor[];
    variables.forEach((variable, i) => {
      variable.assign(next[3 * i]!);
      tf.dispose([next[3 * i]!, moments[i]!]);
      moments[i] = [next[3 * i + 1]!, next[3 * i + 2]!];
    });
    tf.dispose([value, grads]);
    outputsOfFusedKernels();
  };

  step();
  const [blocks, { numTensors, numDataBuffers }] = [countBlocks(), tf.memory()];
  const bytes = () => memoryOf(tf.backend() as WasmBackend).buffer.byteLength;
  const heap = bytes();
  for (let i = 1; i < STEPS; i++) step();
  expect(tf.memory()).toMatchObject({ numTensors, numDataBuffers });
  expect(blocks()).toBe(0);
  expect(bytes()).toBe(heap);
  expect(filter.dataSync().every(Number.isFinite)).toBe(true);
});
