import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { memoryOf, type WasmBackend } from "./host.ts";
import { noise, outputsOf, startForTest } from "./testing.ts";

const STEPS = 1000;

beforeAll(startForTest);

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
    fusedKernels();
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

/** One call of every kernel that is no operation of tfjs. */
function fusedKernels(): void {
  const ones = (...shape: number[]) => tf.ones(shape);
  const rows = () => ({ x: ones(3, 8), gamma: ones(8), mean: ones(3), rstd: ones(3), dy: ones(3, 8) });
  outputsOf("LayerNorm", { x: ones(3, 8), gamma: ones(8), beta: ones(8) }, { epsilon: 1e-6 });
  outputsOf("LayerNormGrad", rows());
  outputsOf("Gelu", { x: ones(9) });
  outputsOf("GeluGrad", { x: ones(9), dy: ones(9) });
  const heads = { heads: 1, scale: 1, queries: 4 };
  outputsOf("Attention", { qkv: ones(1, 4, 6) }, heads);
  const attended = { qkv: ones(1, 4, 6), out: ones(1, 4, 2), logSumExp: ones(1, 1, 4), dy: ones(1, 4, 2) };
  outputsOf("AttentionGrad", attended, heads);
  outputsOf("PatchExtract", { x: ones(1, 4, 4, 3) }, { patchSize: 2 });
  outputsOf("ScaledSoftmax", { x: ones(3, 5) }, { scale: 2 });
  outputsOf("ScaledSoftmaxGrad", { y: ones(3, 5), dy: ones(3, 5) }, { scale: 2 });
  outputsOf("SoftmaxCrossEntropy", { targets: ones(3, 5), logits: ones(3, 5) });
  outputsOf("SoftmaxCrossEntropyGrad", { targets: ones(3, 5), logits: ones(3, 5), dy: ones(3) });
  outputsOf("ResidualAdd", { x: ones(3, 5), branch: ones(3, 5), bias: ones(5) });
  outputsOf("GroupNorm", { x: ones(1, 2, 2, 4), gamma: ones(4), beta: ones(4) }, { groups: 2, epsilon: 1 });
  const grouped = { x: ones(1, 4, 4), gamma: ones(4), mean: ones(1, 2), rstd: ones(1, 2), dy: ones(1, 4, 4) };
  outputsOf("GroupNormGrad", grouped, { groups: 2 });
  outputsOf("WeightStandardize", { w: ones(3, 4) }, { epsilon: 1 });
  outputsOf("WeightStandardizeGrad", { w: ones(3, 4), mean: ones(4), rstd: ones(4), dy: ones(3, 4) });
}
