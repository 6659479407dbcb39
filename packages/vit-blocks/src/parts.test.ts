// The layers and options beside the default block's: values by hand, save and load, memory, errors.
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { siteOf } from "sample-keys";
import { errorOverLargestOrOne, normalNoise } from "test-kit";
import { BACKENDS } from "test-kit/backends";
import { startBackend } from "tfjs-backends";
import { beforeAll, describe, expect, test } from "vitest";
import {
  geluTanh,
  keptPatches,
  LayerScale,
  Mlp,
  MultiHeadSelfAttention,
  PatchDropout,
  patchDropout,
  RegisterTokens,
  SwiGlu,
  SwiGluPacked,
  swish,
  TokenMean,
  type TransformerBlockOptions,
  transformerBlock,
} from "./index.ts";

const block = { name: "blocks.0", tokens: 5, dim: 12, heads: 3, hiddenDim: 24 };
const numbers = (x: unknown) => [...(x as tf.Tensor).dataSync()];

/** A weight of a layer by the end of its name. */
const weightOf = (layer: tfl.layers.Layer, name: string) =>
  layer.weights.find(({ originalName }) => originalName.endsWith(`/${name}`))!;

describe.each(BACKENDS)("parts on %s", (backend) => {
  beforeAll(() => startBackend(backend));

  // Values of PyTorch 2.15: F.silu, F.gelu(approximate="tanh"), x * sigmoid(1.702 x), and their slopes
  test.each([
    [
      "swish",
      (x: tf.Tensor) => swish(x),
      [-0.2384058, 0.3112297, 1.7615942],
      [-0.0907842, 0.7399612, 1.0907842],
    ],
    [
      "swish of 1.702",
      (x: tf.Tensor) => swish(x, 1.702),
      [-0.0643414, 0.3503884, 1.9356586],
      [-0.0738154, 0.8792219, 1.0738154],
    ],
    [
      "geluTanh",
      (x: tf.Tensor) => geluTanh(x),
      [-0.0454023, 0.345714, 1.9545977],
      [-0.0860993, 0.8673699, 1.0860993],
    ],
  ] as const)("%s has PyTorch's values and slopes", (_, op, values, slopes) => {
    const x = tf.tensor1d([-2, 0.5, 2]);
    const before = tf.memory().numTensors;
    const y = op(x);
    expect(tf.memory().numTensors - before).toBe(1);
    numbers(y).forEach((value, i) => void expect(value).toBeCloseTo(values[i]!, 5));
    numbers(tf.grad(op)(x)).forEach((slope, i) => void expect(slope).toBeCloseTo(slopes[i]!, 5));
  });

  test("LayerScale multiplies channels, and starts at initValues", () => {
    const layer = new LayerScale({ initValues: 0.5, name: "ls1" });
    expect(numbers(layer.apply(tf.tensor3d([[[2, 4]]])))).toEqual([1, 2]);
    layer.setWeights([tf.tensor1d([3, -1])]);
    expect(numbers(layer.apply(tf.tensor3d([[[2, 4]]])))).toEqual([6, -4]);
  });

  test("RegisterTokens come first, TokenMean leaves the first out", () => {
    const registers = new RegisterTokens({ count: 2, name: "registers" });
    registers.apply(tf.zeros([1, 1, 2]));
    registers.setWeights([tf.tensor3d([[[7, 8], [9, 10]]])]); // biome-ignore format: a token a pair
    const y = registers.apply(tf.ones([2, 3, 2])) as tf.Tensor;
    const rows = [[7, 8], [9, 10], [1, 1], [1, 1], [1, 1]]; // biome-ignore format: a token a pair
    expect(y.arraySync()).toEqual([rows, rows]);
    const gradient = tf.grad((x: tf.Tensor) => tf.sum(tf.square(registers.apply(x) as tf.Tensor)))(
      tf.ones([2, 3, 2]),
    );
    expect(numbers(gradient)).toEqual(Array(12).fill(2));
    const mean = (from: number) => numbers(new TokenMean({ from }).apply(y));
    expect(mean(2)).toEqual([1, 1, 1, 1]);
    expect(mean(1)[0]).toBeCloseTo(3, 6); // (9 + 1 + 1 + 1) / 4
    const slope = tf.grad((x: tf.Tensor) => tf.sum(new TokenMean({ from: 3 }).apply(x) as tf.Tensor))(y);
    expect(numbers(tf.slice(slope, [0, 0, 0], [1, -1, 1]))).toEqual([0, 0, 0, 0.5, 0.5]);
  });

  test("patchDropout keeps prefix and drawn patches in order; the gradient of the others is zero", () => {
    const x = tf.reshape(tf.range(0, 20), [2, 10, 1]) as tf.Tensor3D;
    const options = {
      rate: 0.5,
      training: true,
      sampleKeys: [7, 8],
      site: siteOf("patch_drop"),
      prefixTokens: 2,
    };
    const kept = keptPatches({ rate: 0.5, patches: 8, sampleKeys: [7, 8], site: options.site });
    expect(kept.map((patches) => patches.length)).toEqual([4, 4]);
    expect(kept[0]).not.toEqual(kept[1]);
    for (const patches of kept) expect(patches).toEqual([...new Set(patches)].sort((a, b) => a - b));
    const places = kept.map((patches, sample) =>
      [0, 1, ...patches.map((patch) => 2 + patch)].map((t) => 10 * sample + t),
    );
    expect(numbers(patchDropout(x, options))).toEqual(places.flat());
    const gradient = tf.grad((v: tf.Tensor) => tf.sum(tf.square(patchDropout(v, options))))(x);
    const expected = Array.from({ length: 20 }, (_, i) => (places.flat().includes(i) ? 2 * i : 0));
    expect(numbers(gradient)).toEqual(expected);
    expect(numbers(patchDropout(x, { ...options, training: false }))).toEqual(numbers(x));
    const before = tf.memory().numTensors;
    patchDropout(x, options).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test("PatchDropout draws by key and name, all patches alike, and none in evaluation", () => {
    const layer = new PatchDropout({ rate: 0.25, name: "patch_drop" });
    const x = tf.ones([2, 17, 4]);
    expect((layer.apply(x, { training: true }) as tf.Tensor).shape).toEqual([2, 13, 4]);
    expect((layer.apply(x) as tf.Tensor).shape).toEqual([2, 17, 4]);
    const sampleKeys = Uint32Array.from({ length: 2000 }, (_, i) => i);
    const counts = new Array(16).fill(0);
    for (const patches of keptPatches({ rate: 0.25, patches: 16, sampleKeys, site: 1 }))
      for (const patch of patches) counts[patch]++;
    for (const count of counts)
      expect(Math.abs(count / 2000 - 0.75)).toBeLessThan(4.5 * Math.sqrt((0.75 * 0.25) / 2000));
    expect(keptPatches({ rate: 0.99, patches: 4, sampleKeys: [1], site: 1 })[0]).toHaveLength(1);
  });

  test("qkNorm: the scores do not change when a query is scaled or shifted", () => {
    const layer = new MultiHeadSelfAttention({ heads: 2, qkNorm: true, epsilon: 1e-12, name: "attn" });
    const x = normalNoise([1, 4, 6], 3);
    const y = layer.apply(x) as tf.Tensor;
    const kernel = weightOf(layer, "qkv.kernel");
    const [q, k, v] = tf.split(kernel.read(), 3, 1);
    kernel.write(tf.concat([tf.mul(q!, 3), tf.mul(k!, 0.5), v!], 1));
    expect(errorOverLargestOrOne(layer.apply(x) as tf.Tensor, y)).toBeLessThan(1e-4);
    expect(layer.weights.map(({ originalName }) => originalName)).toEqual(
      [
        "qkv.kernel",
        "qkv.bias",
        "q_norm.gamma",
        "q_norm.beta",
        "k_norm.gamma",
        "k_norm.beta",
        "proj.kernel",
        "proj.bias",
      ].map((name) => `attn/${name}`),
    );
    weightOf(layer, "q_norm.gamma").write(tf.zeros([3])); // all scores 0: every query gets the values' mean
    const rows = (layer.apply(x) as tf.Tensor3D).arraySync()[0]!;
    for (const row of rows)
      expect(errorOverLargestOrOne(Float32Array.from(row), Float32Array.from(rows[0]!))).toBeLessThan(1e-5);
  });

  test("SwiGluPacked is SwiGlu with its first two kernels side by side", () => {
    const [two, one] = [
      new SwiGlu({ hiddenDim: 7, name: "two" }),
      new SwiGluPacked({ hiddenDim: 14, name: "one" }),
    ];
    const x = normalNoise([2, 3, 4], 5);
    for (const layer of [two, one]) layer.apply(x);
    for (const [i, { shape }] of two.weights.entries())
      two.weights[i]!.write(normalNoise(shape as number[], i));
    const [gate, gateBias, value, valueBias, out, outBias] = two.getWeights();
    one.setWeights([tf.concat([gate!, value!], 1), tf.concat([gateBias!, valueBias!]), out!, outBias!]);
    expect(errorOverLargestOrOne(one.apply(x) as tf.Tensor, two.apply(x) as tf.Tensor)).toBeLessThan(1e-6);
  });

  const BLOCKS: readonly Partial<TransformerBlockOptions>[] = [
    { initValues: 0.1, dropPathRate: 0.3 },
    { qkNorm: true, qkvBias: false, projBias: false },
    { actLayer: "gelu_tanh" },
    { mlpLayer: "swiglu", dropRate: 0.2 },
    { mlpLayer: "swiglu_packed", actLayer: "quick_gelu", initValues: 1 },
  ];
  test.each(BLOCKS)("a block with %j saves and loads, and draws the same", async (options) => {
    const model = transformerBlock({ ...block, ...options, init: "timm" });
    for (const [i, weight] of model.weights.entries()) weight.write(normalNoise(weight.shape as number[], i));
    const topology = JSON.parse(JSON.stringify(model.toJSON(null, false)));
    const loaded = await tfl.models.modelFromJSON(topology);
    loaded.setWeights(model.getWeights());
    const x = normalNoise([3, 5, 12], 4);
    const call = { training: true, sampleKeys: [1, 2, 3] };
    const ours = model.apply(x, call) as tf.Tensor;
    // with kernels the scaled branch is one op
    expect(errorOverLargestOrOne(loaded.apply(x, call) as tf.Tensor, ours)).toBeLessThan(1e-6);
  });

  test("a block takes fewer tokens if it says so", () => {
    const one = transformerBlock({ ...block, fewerTokens: true });
    expect((one.apply(normalNoise([2, 3, 12], 1)) as tf.Tensor).shape).toEqual([2, 3, 12]);
  });

  test("biases are left out", () => {
    const one = transformerBlock({ ...block, qkvBias: false, projBias: false });
    const biases = one.weights.filter(({ originalName }) => originalName.endsWith("bias"));
    expect(biases).toEqual([]);
  });

  test("LayerScale is within the branch that stochastic depth drops", () => {
    const one = transformerBlock({ ...block, initValues: 1, dropPathRate: 0.5 });
    const x = normalNoise([16, 5, 12], 4);
    for (const name of ["ls1", "ls2"]) one.getLayer(`blocks.0.${name}`).setWeights([tf.zeros([12])]);
    expect(
      numbers(one.apply(x, { training: true, sampleKeys: Array.from({ length: 16 }, (_, i) => i) })),
    ).toEqual(numbers(x));
  });
});

describe("initial weights and wrong configs", () => {
  beforeAll(() => startBackend("cpu"));

  test("the gates of SwiGlu start as timm's: bias 1, kernels of 1e-6", () => {
    const x = tf.zeros([1, 50]);
    const deviation = (values: tf.Tensor) => Math.sqrt(tf.mean(tf.square(values)).dataSync()[0]!);
    const near = (values: tf.Tensor, expected: number) =>
      expect(Math.abs(deviation(values) / expected - 1)).toBeLessThan(4 / Math.sqrt(2 * values.size)); // 4 standard errors
    const two = new SwiGlu({ hiddenDim: 40, init: "timm", name: "two" });
    two.apply(x);
    const [gate, gateBias, value, valueBias] = two.getWeights();
    near(gate!, 1e-6);
    near(value!, 0.02);
    expect([new Set(numbers(gateBias)), new Set(numbers(valueBias))]).toEqual([new Set([1]), new Set([0])]);
    const one = new SwiGluPacked({ hiddenDim: 80, init: "timm", name: "one" });
    one.apply(x);
    const [kernel, bias] = one.getWeights();
    const [first, second] = tf.split(kernel!, 2, 1);
    near(first!, 0.02);
    near(second!, 1e-6);
    expect(numbers(bias)).toEqual([...Array(40).fill(0), ...Array(40).fill(1)]);
  });

  test.each([
    [() => new LayerScale({ initValues: 0 }), "LayerScale: initValues must be a finite number > 0, got 0"],
    [() => new RegisterTokens({ count: 0 }), "RegisterTokens: count must be an integer >= 1, got 0"],
    [
      () => new TokenMean({ from: 3 }).apply(tf.zeros([1, 3, 2])),
      "TokenMean: from must be < 3, the number of tokens, got 3",
    ],
    [() => new PatchDropout({ rate: 1 }), "PatchDropout: rate must be in [0, 1), got 1"],
    [() => new SwiGluPacked({ hiddenDim: 3 }), "SwiGluPacked: hiddenDim must be even, got 3"],
    [() => new Mlp({ hiddenDim: 4, actLayer: "tanh" as "relu" }), 'Mlp: actLayer must be "gelu" or'],
    [
      () => patchDropout(tf.zeros([1, 3, 2]), { rate: 0.5, training: true, site: 1 }),
      "patchDropout: training needs sampleKeys, one per row of the batch, got none",
    ],
    [
      () => patchDropout(tf.zeros([2, 3, 2]), { rate: 0.5, training: true, site: 1, sampleKeys: [1] }),
      "patchDropout: expected 2 sampleKeys for [2,3,2], got 1",
    ],
    [
      () => patchDropout(tf.zeros([2, 1, 2]), { rate: 0.5, training: true, site: 1, sampleKeys: [1, 2] }),
      "patchDropout: x must be [batch, more than 1 tokens, dim], got [2,1,2]",
    ],
    [
      () => transformerBlock({ ...block, hiddenDim: 5, mlpLayer: "swiglu_packed" }),
      "transformerBlock: hiddenDim of swiglu_packed must be even, got 5",
    ],
    [
      () => transformerBlock({ ...block, mlpLayer: "glu" as "mlp" }),
      'transformerBlock: mlpLayer must be "mlp" or "swiglu" or "swiglu_packed" or a function, got',
    ],
  ])("number %# names what is wrong", (make, message) => {
    expect(make).toThrow(message);
  });
});
