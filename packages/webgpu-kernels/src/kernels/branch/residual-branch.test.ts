import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { largestMixedError, noise, outputsOf, valuesOf } from "test-kit";
import { startWebGpu } from "test-kit/backends";
import { gelu, layerNorm, linear, type TransformerBlockOptions, transformerBlock } from "vit-blocks";
import { beforeAll, describe, expect, test } from "vitest";
import { meterGpu } from "../../meter.ts";

/** float32 sums in another order, through a normalization. */
const TOLERANCE = 5e-5;

/** What every WebGPU device allows, https://www.w3.org/TR/webgpu/#limits */
const WEBGPU_LIMITS = { maxStorageBuffersPerShaderStage: 8 };

const missing = await startWebGpu();
let blocks = 0;

/** A block, and its layers applied one by one: the same weights and draws, an op for each step. */
function twins(options: Omit<TransformerBlockOptions, "name">) {
  const block = transformerBlock({ ...options, name: `webgpu${blocks++}` });
  for (const [i, weight] of block.weights.entries()) {
    const shape = weight.shape as number[];
    weight.write(
      tf.tensor(
        noise(tf.util.sizeFromShape(shape), i).map((v) => v / 2),
        shape,
      ),
    );
  }
  return { block, layers: tfl.model({ inputs: block.inputs, outputs: block.outputs }) };
}

/** Output and the gradients of x and all weights, for random x and dy; and the dispatches. */
async function passes(model: tfl.LayersModel, batch: number, kwargs: object) {
  const [, tokens, dim] = model.inputs[0]!.shape as [null, number, number];
  const [, queries] = model.outputs[0]!.shape as [null, number, number];
  const meter = meterGpu();
  const tensors = tf.tidy(() => {
    const x = tf.variable(tf.tensor(noise(batch * tokens * dim, 50), [batch, tokens, dim]));
    const weights = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
    let y: tf.Tensor | undefined;
    const { grads } = tf.variableGrads(() => {
      y = tf.keep(model.apply(x, { ...kwargs }) as tf.Tensor);
      return tf.sum(tf.mul(y, tf.tensor(noise(y.size, 51), [batch, queries, dim]))) as tf.Scalar;
    }, [x, ...weights]);
    const all = [y!, ...[x, ...weights].map(({ name }) => grads[name]!)];
    x.dispose();
    return all;
  });
  const { programs } = meter.read();
  meter.stop();
  return { values: await valuesOf(tensors), programs };
}

describe.skipIf(missing)(`ResidualBranch${missing ? ` (skipped: ${missing})` : ""}`, () => {
  beforeAll(async () => {
    await tf.setBackend("webgpu");
  });

  test.each([
    [3, { tokens: 5, dim: 12, heads: 3 }, {}],
    [4, { tokens: 5, dim: 12, heads: 3, queries: 2, dropPathRate: 0.5 }, { training: true }],
    [3, { tokens: 37, dim: 10, heads: 2, hiddenDim: 7, dropPathRate: 0.3 }, { training: true }],
    [2, { tokens: 9, dim: 8, heads: 2, headDim: 5, initValues: 0.5 }, { training: true }],
    [2, { tokens: 4, dim: 8, heads: 2, dropPathRate: 1 }, { training: true }],
  ] as const)("a block of %d samples, %j, %j, has its layers' results and gradients", async (...given) => {
    const [batch, options, kwargs] = given;
    const { block, layers } = twins(options);
    const call = { ...kwargs, sampleKeys: Uint32Array.from({ length: batch }, (_, i) => 7 + i) };
    const [fused, apart] = [await passes(block, batch, call), await passes(layers, batch, call)];
    for (const [i, values] of fused.values.entries()) {
      expect(largestMixedError(values, apart.values[i]!)).toBeLessThan(TOLERANCE);
    }
    expect(fused.programs.get("Gelu")).toBeUndefined();
    expect(apart.programs.get("Gelu")).toBe(1);
    block.dispose();
  });

  test.each([1, 3])("works where a shader may bind no more than 8 buffers: %d samples", async (batch) => {
    const { block } = twins({ tokens: 9, dim: 8, heads: 2, dropPathRate: 0.5, queries: 2 });
    const call = { training: true, sampleKeys: Uint32Array.from({ length: batch }, (_, i) => i) };
    const expected = await passes(block, batch, call);
    const { device } = tf.backend() as unknown as { device: { limits: Record<string, number> } };
    const { limits } = device;
    const { maxComputeWorkgroupsPerDimension } = limits;
    const value = { maxComputeWorkgroupsPerDimension, ...WEBGPU_LIMITS };
    Object.defineProperty(device, "limits", { value, configurable: true });
    try {
      const got = await passes(block, batch, call);
      for (const [i, values] of got.values.entries()) {
        expect(largestMixedError(values, expected.values[i]!)).toBeLessThan(TOLERANCE);
      }
    } finally {
      Object.defineProperty(device, "limits", { value: limits, configurable: true });
    }
    block.dispose();
  });

  test("is 7 dispatches forward and 11 backward for a block", async () => {
    const { block } = twins({ tokens: 5, dim: 12, heads: 3 });
    const { programs } = await passes(block, 2, { training: true, sampleKeys: [1, 2] });
    const ours = ["Product", "LayerNorm", "LayerNormGrad", "Attention", "AttentionGrad"];
    expect(ours.map((name) => programs.get(name))).toEqual([12, 2, 2, 1, 1]);
    for (const name of ["ColumnSum", "GeluGrad", "MatMulPackedProgram", "SumOfParts"]) {
      expect(programs.get(name)).toBeUndefined();
    }
    block.dispose();
  });

  test("agrees with the ops on cpu over many rows, which are summed in parts, with a mask", async () => {
    const [batch, tokens, dim, hidden] = [2, 2100, 8, 12];
    const of = (shape: number[], seed: number) => tf.tensor(noise(tf.util.sizeFromShape(shape), seed), shape);
    const shapes = [[batch, tokens, dim], [dim], [dim], [dim, hidden], [hidden], [hidden, dim], [dim]];
    const inputs = () => shapes.map((shape, seed) => of(shape, seed + 1));
    await tf.setBackend("cpu");
    const compute = (...[x, gamma, beta, k1, b1, k2, b2]: tf.Tensor[]) => {
      const branch = linear(gelu(linear(layerNorm(x!, gamma!, beta!, 1e-3), k1!, b1!)), k2!, b2!);
      return tf.add(x!, tf.mul(branch, tf.tensor3d([0, 1.25], [batch, 1, 1])));
    };
    const expected = await valuesOf([
      compute(...inputs()),
      ...tf.grads(compute as (...each: tf.Tensor[]) => tf.Tensor)(inputs(), of(shapes[0]!, 9)),
    ]);
    await tf.setBackend("webgpu");
    const names = ["x", "gamma", "beta", "kernel1", "bias1", "kernel2", "bias2"];
    const given = Object.fromEntries(inputs().map((tensor, i) => [names[i]!, tensor]));
    const mask = tf.tensor1d([0, 1.25]);
    const attributes = { epsilon: 1e-3, rows: [0, 1], factor: 1 };
    const [y, kept, ...more] = tf
      .engine()
      .runKernel("ResidualBranch", { ...given, mask }, attributes) as tf.Tensor[];
    const named = Object.fromEntries(more.map((tensor, i) => [`kept${i + 1}`, tensor]));
    const { x, gamma, kernel1, kernel2 } = given;
    const forGrad = {
      x: x!,
      gamma: gamma!,
      kernel1: kernel1!,
      kernel2: kernel2!,
      mask,
      kept: kept!,
      ...named,
    };
    const grads = await outputsOf("ResidualBranchGrad", { ...forGrad, dy: of(shapes[0]!, 9) }, attributes);
    const [value] = await valuesOf([y!]);
    for (const [i, values] of [value!, ...grads].entries()) {
      expect(largestMixedError(values, expected[i]!)).toBeLessThan(TOLERANCE);
    }
  });

  test("rows that are left out, a mask of another shape and sizes that do not fit are refused", async () => {
    const dim = tf.ones([4]);
    const inputs = {
      ...{ x: tf.ones([2, 3, 4]), gamma: dim, beta: dim },
      ...{ kernel1: tf.ones([4, 6]), bias1: tf.ones([6]), kernel2: tf.ones([6, 4]), bias2: dim },
    };
    const attributes = { epsilon: 1e-6, rows: [0, 1], factor: 1 };
    const run = (given: object, attrs: object) =>
      tf
        .engine()
        .runKernel("ResidualBranch", { ...inputs, ...given } as tf.NamedTensorMap, attrs as tf.NamedAttrMap);
    expect(() => run({}, { ...attributes, rows: [1] })).toThrow("expected all 2 rows and the factor 1");
    expect(() => run({ mask: tf.ones([3]) }, attributes)).toThrow("expected mask to be [2], got [3]");
    expect(() => run({ kernel2: tf.ones([5, 4]) }, attributes)).toThrow(
      "ResidualBranch: expected x [batch, tokens, dim], kernel1 [dim, middle] and kernel2 [middle, dim], got [2,3,4], [4,6] and [5,4]",
    );
  });
});
