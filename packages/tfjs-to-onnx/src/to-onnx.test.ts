import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import * as bitTeacher from "bit-teacher";
import { bit } from "bit-teacher";
import { averageHeads, deit, vit } from "deit-model";
import * as ort from "onnxruntime-web";
import * as stochasticDepth from "stochastic-depth";
import { BACKENDS, startParityBackend } from "test-kit/backends";
import * as vitBlocks from "vit-blocks";
import { beforeAll, describe, expect, test } from "vitest";
import { CONVERTERS } from "./converters.ts";
import { type ToOnnxOptions, toOnnx } from "./index.ts";

ort.env.wasm.numThreads = 1;
ort.env.logLevel = "error";

/** Random numbers in place of all weights, so that none is left at 0 or 1; variances stay positive. */
function shuffled(model: tfl.LayersModel): tfl.LayersModel {
  model.weights.forEach((weight, i) => {
    const drawn = tf.randomNormal(weight.shape as number[], 0, 0.3, "float32", i + 1);
    weight.write(weight.originalName.endsWith("variance") ? tf.add(tf.abs(drawn), 0.5) : drawn);
  });
  return model;
}

/** Largest difference between the model's outputs and ONNX Runtime's, for a batch of three, relative to the largest output. */
async function difference(model: tfl.LayersModel, options: ToOnnxOptions = {}): Promise<number> {
  const file = await toOnnx(model, options);
  const session = await ort.InferenceSession.create(file);
  const nchw = options.layout !== "NHWC";
  const axes = (x: tf.Tensor, perm: number[]) => (x.rank === 4 && nchw ? tf.transpose(x, perm) : x);
  const images: tf.Tensor[] = model.inputs.map(({ shape }, i) =>
    tf.randomNormal([3, ...shape.slice(1).map((side) => side ?? 7)], 0, 1, "float32", 100 + i),
  );
  const feeds = images.map((x, i) => {
    const turned = axes(x, [0, 3, 1, 2]);
    return [
      session.inputNames[i]!,
      new ort.Tensor("float32", turned.dataSync() as Float32Array, turned.shape),
    ];
  });
  const theirs = await session.run(Object.fromEntries(feeds));
  const ours = [model.predict(images, { batchSize: 3 })].flat() as tf.Tensor[];
  expect(session.outputNames).toHaveLength(ours.length);
  const errors = ours.map((expected, i) => {
    const { data, dims } = theirs[session.outputNames[i]!]!;
    const turned = axes(expected, [0, 3, 1, 2]);
    expect(dims).toEqual(turned.shape);
    const values = turned.dataSync() as Float32Array;
    const largest = values.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    return values.reduce((most, x, at) => Math.max(most, Math.abs(x - Number(data[at])) / largest), 0);
  });
  await session.release();
  return Math.max(...errors);
}

const { layers } = tfl;
const image = (): tfl.SymbolicTensor => tfl.input({ shape: [9, 11, 4] });
const after = (x: tfl.SymbolicTensor, ...chain: tfl.layers.Layer[]): tfl.LayersModel =>
  tfl.model({ inputs: x, outputs: chain.reduce((y, layer) => layer.apply(y) as tfl.SymbolicTensor, x) });

/** Models of tfjs' layers, by what they try. */
const STOCK: Record<string, () => tfl.LayersModel> = {
  "dense layers with activations": () => {
    const x = tfl.input({ shape: [6] });
    const names = [
      "relu",
      "sigmoid",
      "tanh",
      "elu",
      "selu",
      "softplus",
      "softsign",
      "hardSigmoid",
      "swish",
      "mish",
      "relu6",
    ];
    const outputs = names.map((activation) => {
      return layers.dense({ units: 5, activation: activation as "relu" }).apply(x) as tfl.SymbolicTensor;
    });
    return tfl.model({
      inputs: x,
      outputs: [
        ...outputs,
        layers.dense({ units: 3, activation: "softmax", useBias: false }).apply(x) as tfl.SymbolicTensor,
      ],
    });
  },
  "activations as layers": () => {
    const x = tfl.input({ shape: [3, 4] });
    const made = [
      ...[
        layers.activation({ activation: "gelu" as "relu" }),
        layers.activation({ activation: "gelu_new" as "relu" }),
      ],
      ...[
        layers.reLU({ maxValue: 0.5 }),
        layers.reLU(),
        layers.leakyReLU({ alpha: 0.1 }),
        layers.elu(),
        layers.softmax({ axis: -1 }),
      ],
    ];
    return tfl.model({ inputs: x, outputs: made.map((layer) => layer.apply(x) as tfl.SymbolicTensor) });
  },
  "convolutions, same and valid": () =>
    after(
      image(),
      layers.conv2d({ filters: 6, kernelSize: 3, strides: 2, padding: "same", activation: "relu" }),
      layers.conv2d({ filters: 5, kernelSize: [2, 3], dilationRate: 2, padding: "same", useBias: false }),
      layers.conv2d({ filters: 4, kernelSize: 2 }),
    ),
  "a convolution of pictures of any size": () =>
    after(
      tfl.input({ shape: [null, null, 3] }) as tfl.SymbolicTensor,
      layers.conv2d({ filters: 4, kernelSize: 3, strides: 2, padding: "same" }),
      layers.globalAveragePooling2d({}),
    ),
  "depthwise and separable convolutions": () =>
    after(
      image(),
      layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, padding: "same" }),
      layers.separableConv2d({ filters: 5, kernelSize: 3, strides: 2, padding: "same", activation: "tanh" }),
    ),
  "normalization and pooling": () =>
    after(
      image(),
      layers.batchNormalization({}),
      layers.maxPooling2d({ poolSize: 3, strides: 2, padding: "same" }),
      layers.batchNormalization({ scale: false, center: false }),
      layers.averagePooling2d({ poolSize: 2, strides: 1, padding: "same" }),
      layers.layerNormalization({ epsilon: 1e-3 }),
      layers.globalMaxPooling2d({}),
      layers.batchNormalization({}),
    ),
  "merges of branches": () => {
    const x = image();
    const branch = () => layers.conv2d({ filters: 4, kernelSize: 1 }).apply(x) as tfl.SymbolicTensor;
    const [a, b, c] = [branch(), branch(), branch()];
    const sum = layers.add().apply([a, b, c]) as tfl.SymbolicTensor;
    const outputs = [
      layers.multiply().apply([a, x]),
      layers.average().apply([a, b, sum]),
      layers.maximum().apply([x, b]),
      layers.minimum().apply([x, b]),
      layers.concatenate().apply([a, x, b]),
      layers.concatenate({ axis: 1 }).apply([a, x]),
    ];
    return tfl.model({ inputs: x, outputs: outputs as tfl.SymbolicTensor[] });
  },
  "shapes, and layers of training": () =>
    after(
      image(),
      layers.rescaling({ scale: 1 / 2, offset: -0.25 } as never),
      layers.zeroPadding2d({
        padding: [
          [1, 0],
          [2, 3],
        ] as never,
      }),
      layers.dropout({ rate: 0.5 }),
      layers.permute({ dims: [2, 1, 3] }),
      layers.gaussianNoise({ stddev: 1 }),
      layers.flatten(),
      layers.dense({ units: 12 }),
      layers.reshape({ targetShape: [3, 4] }),
    ),
  "a sequential model with a model in it": () => {
    const inner = tfl.sequential({
      layers: [layers.dense({ units: 4, inputShape: [5] }), layers.leakyReLU()],
    });
    return tfl.sequential({
      layers: [layers.dense({ units: 5, inputShape: [6] }), inner, layers.dense({ units: 2 })],
    });
  },
  "a layer that is used twice, and two inputs": () => {
    const [a, b] = [tfl.input({ shape: [4] }), tfl.input({ shape: [4] })];
    const shared = layers.dense({ units: 3 });
    const outputs = layers.add().apply([shared.apply(a), shared.apply(b)] as tfl.SymbolicTensor[]);
    return tfl.model({ inputs: [a, b], outputs: outputs as tfl.SymbolicTensor });
  },
};

const VIT = { imageSize: 16, patchSize: 4, dim: 12, depth: 3, heads: 3, classes: 5, dropPathRate: 0.3 };

describe.each(BACKENDS)("toOnnx on %s", (backend) => {
  beforeAll(() => startParityBackend(backend));

  test.each(Object.keys(STOCK))("%s", async (name) => {
    expect(await difference(shuffled(STOCK[name]!()))).toBeLessThan(1e-5);
  });

  test.each([
    ["a ViT", () => vit(VIT)],
    ["a ViT's features", () => vit({ ...VIT, classes: 0, dropRate: 0.2, attnDropRate: 0.1 })],
    ["a DeiT with both heads", () => deit({ ...VIT, headDim: 12 })],
    ["a DeiT's mean, all tokens computed", () => averageHeads(deit({ ...VIT, allTokens: true }))],
    ["a ViT of wide pictures", () => vit({ ...VIT, imageSize: [8, 16], channels: 2 })],
    [
      "a ViT with registers, LayerScale, normalized queries and patch dropout",
      () =>
        vit({ ...VIT, regTokens: 2, initValues: 0.5, qkNorm: true, patchDropRate: 0.5, noEmbedClass: true }),
    ],
    [
      "a ViT with SwiGLU and the mean of its patches",
      () => vit({ ...VIT, mlpLayer: "swiglu", globalPool: "avg", qkvBias: false, projBias: false }),
    ],
    ["a DeiT with packed SwiGLU", () => deit({ ...VIT, mlpLayer: "swiglu_packed", actLayer: "relu" })],
    [
      "a ViT with the approximate GELU",
      () => vit({ ...VIT, actLayer: "gelu_tanh", globalPool: "avg", fcNorm: false }),
    ],
    ["a ViT with the quick GELU", () => vit({ ...VIT, actLayer: "quick_gelu" })],
    [
      "a BiT",
      () =>
        bit({ depths: [1, 2], channels: [16, 32], stemChannels: 8, groups: 4, imageSize: 64, classes: 5 }),
    ],
  ])("%s", async (_, make) => {
    expect(await difference(shuffled(make()))).toBeLessThan(1e-5);
    expect(await difference(shuffled(make()), { layout: "NHWC", opset: 20 })).toBeLessThan(1e-5);
  });

  test("leaves no tensors", async () => {
    const model = vit(VIT);
    const before = tf.memory().numTensors;
    await toOnnx(model);
    expect(tf.memory().numTensors).toBe(before);
  });

  test("8-bit products stay close, in a smaller file, with their inputs rounded as they run", async () => {
    const model = shuffled(vit({ ...VIT, dim: 48 }));
    const file = await toOnnx(model, { products: "int8" });
    expect(file.length / (await toOnnx(model)).length).toBeLessThan(0.5);
    const error = await difference(model, { products: "int8" });
    expect(error).toBeGreaterThan(1e-5);
    expect(error).toBeLessThan(0.1);
  });
});

describe("toOnnx", () => {
  beforeAll(() => startParityBackend("cpu"));
  const small = (): tfl.LayersModel =>
    tfl.sequential({ layers: [layers.dense({ units: 2, inputShape: [3], name: "only" })] });

  test("8-bit weights are a column's integers and scale", async () => {
    const model = small();
    model.setWeights([tf.tensor2d([1.27, 0, -0.635, 0, 0.01, 0], [3, 2]), tf.tensor1d([0, 3])]);
    const session = await ort.InferenceSession.create(await toOnnx(model, { products: "int8" }));
    const input = new ort.Tensor("float32", Float32Array.of(255, 0, 0, 0, 0, 0), [2, 3]); // steps of 1, exact in 8 bits
    const outputs = await session.run({ [session.inputNames[0]!]: input });
    const [first, second] = outputs[session.outputNames[0]!]!.data as Float32Array;
    expect(first).toBeCloseTo(255 * 1.27, 3);
    expect(second).toBe(3); // a column of zeros
  });

  test("names inputs and outputs, and writes metadata", async () => {
    const options = { inputNames: ["pixel_values"], outputNames: ["logits"] };
    const file = await toOnnx(small(), { ...options, metadata: { classes: "cat dog" } });
    const session = await ort.InferenceSession.create(file);
    expect([session.inputNames, session.outputNames]).toEqual([["pixel_values"], ["logits"]]);
    expect(Buffer.from(file).includes("cat dog")).toBe(true);
    await expect(toOnnx(small(), { outputNames: ["a", "b"] })).rejects.toThrow(
      "toOnnx: outputNames must be 1 names, got 2",
    );
  });

  test("takes converters of layers of one's own, and names a layer without one", async () => {
    class Doubled extends tfl.layers.Layer {
      static className = "Doubled";
      override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
        return tf.mul([inputs].flat()[0] as tf.Tensor, 2);
      }
    }
    const inner = after(tfl.input({ shape: [3] }), new Doubled({ name: "twice" }));
    const x = tfl.input({ shape: [3] });
    const model = tfl.model({ inputs: x, outputs: inner.apply(x) as tfl.SymbolicTensor });
    await expect(toOnnx(model)).rejects.toThrow(
      "toOnnx: the layer 'twice' of the class Doubled cannot be converted: no converter has that name",
    );
    const converters: ToOnnxOptions["converters"] = {
      Doubled: ({ inputs: [x] }, to) => ({ ...x!, name: to.node("Mul", [x!.name, to.scalar(2)]) }),
    };
    expect(await difference(model, { converters })).toBeLessThan(1e-6);
  });

  test("knows every layer of vit-blocks, stochastic-depth and bit-teacher", () => {
    const classes = Object.values({ ...bitTeacher, ...stochasticDepth, ...vitBlocks })
      .filter(
        (it): it is typeof vitBlocks.Linear =>
          typeof it === "function" && it.prototype instanceof layers.Layer,
      )
      .map(({ className }) => className);
    expect(classes.length).toBeGreaterThan(18);
    expect(Object.keys(CONVERTERS)).toEqual(expect.arrayContaining(classes));
  });

  test("refuses what it would convert wrongly", async () => {
    const x = image();
    const wide = layers
      .conv2d({ filters: 4, kernelSize: 1 })
      .apply(layers.globalMaxPooling2d({}).apply(x) && x);
    const normalized = layers.layerNormalization({ axis: 1 }).apply(wide) as tfl.SymbolicTensor;
    await expect(toOnnx(tfl.model({ inputs: x, outputs: normalized }))).rejects.toThrow(
      /^toOnnx: the layer '.+' of the class LayerNormalization cannot be converted: expected the last axis, got/,
    );
    await expect(toOnnx(small(), { opset: 16 })).rejects.toThrow(
      "toOnnx: opset must be an integer in [17, 24], got 16",
    );
  });
});
