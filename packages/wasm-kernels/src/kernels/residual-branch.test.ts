import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import fc from "fast-check";
import { errorOverLargestOrOne, noise, outputsOf } from "test-kit";
import { startWasm } from "test-kit/backends";
import { type TransformerBlockOptions, transformerBlock } from "vit-blocks";
import { beforeAll, expect, test } from "vitest";

beforeAll(startWasm);

const modelArtifactsInfo = { dateSaved: new Date(0), modelTopologyType: "JSON" } as const;
let blocks = 0;

/** A block, and its layers applied one by one: the same weights and draws, an op for each step. */
function twins(options: Omit<TransformerBlockOptions, "name">) {
  const block = transformerBlock({ ...options, name: `fused${blocks++}` });
  for (const [i, weight] of block.weights.entries()) {
    const value = noise(tf.util.sizeFromShape(weight.shape as number[]), i);
    weight.write(tf.tensor(value, weight.shape as number[]));
  }
  return { block, layers: tfl.model({ inputs: block.inputs, outputs: block.outputs }) };
}

interface Call {
  readonly training?: boolean;
  readonly sampleKeys?: ArrayLike<number>;
  /** Called between the forward and the backward pass. */
  readonly meanwhile?: () => void;
}

/** Output and the gradients of x and all weights, for random x and dy. */
function passes(model: tfl.LayersModel, batch: number, { meanwhile, ...kwargs }: Call = {}): number[][] {
  const [, tokens, dim] = model.inputs[0]!.shape as [null, number, number];
  const [, queries] = model.outputs[0]!.shape as [null, number, number];
  return tf.tidy(() => {
    const x = tf.variable(tf.tensor(noise(batch * tokens * dim, 50), [batch, tokens, dim]));
    const weights = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
    let y: tf.Tensor | undefined;
    const { grads } = tf.variableGrads(() => {
      y = tf.keep(model.apply(x, { ...kwargs }) as tf.Tensor);
      const loss = tf.sum(tf.mul(y, tf.tensor(noise(y.size, 51), [batch, queries, dim])));
      meanwhile?.();
      return loss as tf.Scalar;
    }, [x, ...weights]);
    const all = [y!, ...[x, ...weights].map(({ name }) => grads[name]!)];
    const numbers = all.map((tensor) => [...tensor.dataSync()].map((value) => value + 0)); // −0 as 0
    tf.dispose([y!, x]);
    return numbers;
  });
}

const CASES = fc.record({
  batch: fc.integer({ min: 1, max: 5 }),
  tokens: fc.integer({ min: 1, max: 9 }),
  heads: fc.integer({ min: 1, max: 3 }),
  headDim: fc.constantFrom(4, 5, 8),
  dim: fc.constantFrom(6, 8, 12),
  hiddenDim: fc.constantFrom(7, 16),
  dropPathRate: fc.constantFrom(0, 0.3, 0.9, 1),
  leading: fc.integer({ min: 1, max: 9 }),
  training: fc.boolean(),
  key: fc.nat(1000),
});

test("a block of fused branches has the bits of its layers' ops, forward and backward", () => {
  const property = fc.property(CASES, ({ batch, leading, training, key, ...sizes }) => {
    const { block, layers } = twins({ ...sizes, queries: Math.min(leading, sizes.tokens), epsilon: 1e-3 });
    const call = { training, sampleKeys: Uint32Array.from({ length: batch }, (_, i) => key + i) };
    expect(passes(block, batch, call)).toEqual(passes(layers, batch, call));
    block.dispose();
  });
  fc.assert(property, { numRuns: 60 });
});

test("a block with LayerScale is fused, equal up to rounding", async () => {
  const options = { tokens: 5, dim: 12, heads: 3, dropPathRate: 0.3, initValues: 1e-5 };
  const { block, layers } = twins(options);
  const call = { training: true, sampleKeys: [1, 2, 3] };
  const [fused, apart] = [passes(block, 3, call), passes(layers, 3, call)];
  for (const [i, numbers] of fused.entries()) {
    expect(errorOverLargestOrOne(Float32Array.from(numbers), Float32Array.from(apart[i]!))).toBeLessThan(
      2e-6,
    );
  }
  const { kernelNames } = await tf.profile(() => block.apply(tf.ones([3, 5, 12]), call) as tf.Tensor);
  expect(kernelNames).toContain("ResidualBranch");
  expect(kernelNames).not.toContain("Gelu");
});

test.each([
  { qkNorm: true },
  { qkvBias: false },
  { projBias: false },
  { actLayer: "silu" },
  { mlpLayer: "swiglu" },
  { mlpLayer: "swiglu_packed", actLayer: "gelu" },
] as const)("a block with %j runs its layers", async (options) => {
  const { block, layers } = twins({ tokens: 5, dim: 12, heads: 3, ...options });
  expect(passes(block, 3)).toEqual(passes(layers, 3));
  const { kernelNames } = await tf.profile(() => block.apply(tf.ones([3, 5, 12])) as tf.Tensor);
  expect(kernelNames).not.toContain("ResidualBranch");
});

test("a branch is one op, its gradient another", async () => {
  const { block } = twins({ tokens: 5, dim: 12, heads: 3, queries: 2, dropPathRate: 0.3 });
  const { kernelNames } = await tf.profile(() => {
    passes(block, 3, { training: true, sampleKeys: [1, 2, 3] });
    return tf.scalar(0);
  });
  expect(kernelNames.filter((name) => /Residual|Linear|Norm|Attention|Gelu|Rows/.test(name)).sort()).toEqual([
    "ResidualBranch",
    "ResidualBranchGrad",
  ]);
});

test("dropout and observers of attention run the layers", () => {
  const options = { tokens: 5, dim: 12, heads: 3 };
  const call = { training: true, sampleKeys: [1, 2, 3] };
  for (const rates of [{ dropRate: 0.4 }, { attnDropRate: 0.4 }]) {
    const { block, layers } = twins({ ...options, ...rates });
    expect(passes(block, 3, call)).toEqual(passes(layers, 3, call));
    expect(passes(block, 3, call)).not.toEqual(passes(block, 3));
  }
  const { block } = twins(options);
  const seen: string[] = [];
  const onAttention = (_: tf.Tensor, layer: tfl.layers.Layer) => seen.push(layer.name);
  block.apply(tf.ones([1, 5, 12]), { onAttention });
  expect(seen).toEqual([`${block.name}.attn`]);
});

test("a weight assigned between the passes does not change the gradient", () => {
  const { block } = twins({ tokens: 5, dim: 12, heads: 3 });
  const expected = passes(block, 3);
  const meanwhile = () => {
    for (const weight of block.weights) weight.write(tf.zeros(weight.shape as number[]));
  };
  expect(passes(block, 3, { meanwhile })).toEqual(expected);
});

test("without sampleKeys the layers draw, as on other backends", async () => {
  const { block } = twins({ tokens: 3, dim: 8, heads: 2, dropPathRate: 0.5 });
  const { kernelNames } = await tf.profile(
    () => block.apply(tf.ones([6, 3, 8]), { training: true }) as tf.Tensor,
  );
  expect(kernelNames).toContain("Gelu");
  expect(kernelNames).not.toContain("ResidualBranch");
});

test("a saved block becomes a plain model of the same layers, with the same results", async () => {
  const { block } = twins({ tokens: 5, dim: 12, heads: 3, queries: 2 });
  const handler = tf.io.withSaveHandler(async (artifacts) => ({ modelArtifactsInfo, artifacts }));
  const { artifacts } = (await block.save(handler)) as tf.io.SaveResult & { artifacts: tf.io.ModelArtifacts };
  const loaded = await tfl.loadLayersModel(tf.io.fromMemory(artifacts));
  expect(passes(loaded, 2)).toEqual(passes(block, 2));
});

test("an input that is not float32 runs the layers, which cast it, as on other backends", () => {
  const { block, layers } = twins({ tokens: 5, dim: 12, heads: 3, dropPathRate: 0.3 });
  const bits = tf.greater(tf.tensor(noise(2 * 5 * 12, 7), [2, 5, 12]), 0);
  const call = { training: true, sampleKeys: [1, 2] };
  const expected = (layers.apply(tf.cast(bits, "float32"), call) as tf.Tensor).dataSync();
  for (const dtype of ["int32", "bool"] as const) {
    const y = block.apply(tf.cast(bits, dtype), call) as tf.Tensor;
    expect([y.dtype, y.dataSync()]).toEqual(["float32", expected]);
  }
});

test("a block rebuilt from its config under any name is fused, with the same bits", async () => {
  const { block, layers } = twins({ tokens: 5, dim: 12, heads: 3, queries: 2, dropPathRate: 0.3 });
  const Block = block.constructor as unknown as tf.serialization.SerializableConstructor<tfl.LayersModel> &
    typeof tfl.LayersModel;
  const call = { training: true, sampleKeys: [1, 2, 3] };
  for (const name of ["b", "another.name", "a name longer than that of any layer of the block"]) {
    const again = Block.fromConfig(Block, { ...block.getConfig(), name }) as tfl.LayersModel;
    again.setWeights(block.getWeights());
    expect(again.name).toBe(name);
    expect(passes(again, 3, call)).toEqual(passes(layers, 3, call));
    const { kernelNames } = await tf.profile(() => again.apply(tf.ones([3, 5, 12]), call) as tf.Tensor);
    expect(kernelNames).toContain("ResidualBranch");
    expect(kernelNames).not.toContain("Gelu");
    again.dispose();
  }
});

test("sizes that do not fit are refused before a byte is written", async () => {
  const dim = tf.ones([4]);
  const inputs = {
    ...{ x: tf.ones([2, 3, 4]), gamma: dim, beta: dim },
    ...{ kernel1: tf.ones([4, 6]), bias1: tf.ones([6]), kernel2: tf.ones([5, 4]), bias2: dim },
  };
  const attributes = { epsilon: 1e-6, rows: [0, 1], factor: 1 };
  await expect(outputsOf("ResidualBranch", inputs, attributes)).rejects.toThrow(
    "ResidualBranch: expected x [batch, tokens, dim], kernel1 [dim, middle] and kernel2 [middle, dim], got [2,3,4], [4,6] and [5,4]",
  );
  const fitting = { ...inputs, kernel2: tf.ones([6, 4]) };
  await expect(outputsOf("ResidualBranch", fitting, { ...attributes, rows: [2] })).rejects.toThrow(
    "ResidualBranch: expected ascending rows in 0...1, got [2]",
  );
});
