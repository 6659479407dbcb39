import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { errorOverLargestOrOne, normalNoise } from "test-kit";
import { BACKENDS } from "test-kit/backends";
import { startBackend } from "tfjs-backends";
import { beforeAll, describe, expect, test } from "vitest";
import {
  attention,
  attentionProbabilities,
  ClassTokens,
  dropout,
  FirstTokens,
  KeyedDropout,
  KeyedInitializer,
  LayerNorm,
  Linear,
  Mlp,
  MultiHeadSelfAttention,
  PatchEmbedding,
  PositionEmbedding,
  Residual,
  TokenAt,
  transformerBlock,
} from "./index.ts";

/** Largest absolute value of a layer's n-th weight. */
function largest(layer: tfl.layers.Layer, n: number): number {
  return tf.max(tf.abs(layer.getWeights()[n]!)).dataSync()[0]!;
}

const block = { name: "blocks.0", tokens: 5, dim: 12, heads: 3, headDim: 5, hiddenDim: 24 };

describe.each(BACKENDS)("layers on %s", (backend) => {
  beforeAll(async () => {
    await startBackend(backend);
  });

  test("PatchEmbedding equals a convolution of stride one patch", () => {
    const layer = new PatchEmbedding({ patchSize: 2, dim: 5, name: "patch" });
    const x = normalNoise([2, 4, 6, 3], 1) as tf.Tensor4D;
    const y = layer.apply(x) as tf.Tensor;
    const [kernel] = layer.getWeights() as [tf.Tensor4D];
    const expected = tf.reshape(tf.conv2d(x, kernel, 2, "valid"), [2, 6, 5]);
    expect(errorOverLargestOrOne(y, expected)).toBeLessThan(1e-5);
  });

  test("ClassTokens puts the class token first and the distillation token second", () => {
    const layer = new ClassTokens({ distilled: true, name: "tokens" });
    layer.apply(tf.zeros([2, 3, 2]));
    layer.setWeights([tf.fill([1, 1, 2], 7), tf.fill([1, 1, 2], 8)]);
    const y = layer.apply(tf.ones([2, 3, 2])) as tf.Tensor;
    const column = [7, 8, 1, 1, 1];
    expect(y.arraySync()).toEqual([column.map((v) => [v, v]), column.map((v) => [v, v])]);
  });

  test("TokenAt takes one token, PositionEmbedding adds one vector per position", () => {
    const x = tf.reshape(tf.range(0, 12), [2, 3, 2]);
    expect((new TokenAt({ index: 1 }).apply(x) as tf.Tensor).arraySync()).toEqual([
      [2, 3],
      [8, 9],
    ]);
    const layer = new PositionEmbedding({ name: "position" });
    layer.apply(x);
    layer.setWeights([tf.reshape(tf.range(0, 6), [1, 3, 2])]);
    expect((layer.apply(tf.zeros([1, 3, 2])) as tf.Tensor).arraySync()).toEqual([
      [
        [0, 1],
        [2, 3],
        [4, 5],
      ],
    ]);
  });

  test("a block with queries gives the first tokens of the block without", () => {
    const whole = transformerBlock(block);
    const part = transformerBlock({ ...block, queries: 2 });
    part.setWeights(whole.getWeights());
    const x = normalNoise([2, 5, 12], 4);
    const expected = tf.slice(whole.apply(x) as tf.Tensor, [0, 0, 0], [-1, 2, -1]);
    expect(errorOverLargestOrOne(part.apply(x) as tf.Tensor, expected)).toBeLessThan(1e-5);
  });

  test("the two branches of a block drop independently, and a dropped block is an identity", () => {
    const model = transformerBlock({ ...block, dropPathRate: 0.5 });
    const x = normalNoise([64, 5, 12], 4);
    const sampleKeys = Uint32Array.from({ length: 64 }, (_, i) => i);
    const change = tf.abs(tf.sub(model.apply(x, { training: true, sampleKeys }) as tf.Tensor, x));
    const same = [...tf.max(change, [1, 2]).dataSync()].filter((most) => most === 0).length;
    // both dropped: 1 of 4, were the branches tied: 1 of 2
    expect(Math.abs(same / 64 - 0.25)).toBeLessThan(4 * Math.sqrt((0.25 * 0.75) / 64)); // 4 standard errors
  });

  test("a block shows its probabilities to an observer, leaves none behind and computes the same", () => {
    const model = transformerBlock({ ...block, queries: 2, attnDropRate: 0.5 });
    const x = normalNoise([2, 5, 12], 4);
    const expected = model.apply(x) as tf.Tensor;
    const seen: [string, number[], number][] = [];
    const before = tf.memory().numTensors;
    const onAttention = (p: tf.Tensor4D, layer: MultiHeadSelfAttention) => {
      seen.push([layer.name, p.shape, tf.sum(p).dataSync()[0]!]);
    };
    const y = model.apply(x, { onAttention }) as tf.Tensor;
    expect(tf.memory().numTensors - before).toBe(1);
    expect(y.dataSync()).toEqual(expected.dataSync());
    expect(seen).toEqual([["blocks.0.attn", [2, 3, 2, 5], expect.closeTo(12, 4)]]); // a row each of 2 * 3 * 2
    expect(() => model.apply(x, { onAttention: true })).toThrow(
      "MultiHeadSelfAttention: onAttention must be a function, got boolean",
    );
  });

  test("a block of the default layers, passed in as they are, is the default block", () => {
    const given = transformerBlock({
      ...block,
      normLayer: (args) => new LayerNorm(args),
      attnLayer: (args) => new MultiHeadSelfAttention(args),
      mlpLayer: (args, { tokens, dim }) => {
        expect([tokens, dim]).toEqual([5, 12]);
        return new Mlp(args);
      },
    });
    const x = normalNoise([2, 5, 12], 4);
    const expected = transformerBlock(block).apply(x) as tf.Tensor;
    expect((given.apply(x) as tf.Tensor).dataSync()).toEqual(expected.dataSync());
  });

  test("a block saves and loads, names and all", async () => {
    const model = transformerBlock({ ...block, dropPathRate: 0.1, dropRate: 0.1, init: "timm", seed: 3 });
    const topology = JSON.parse(JSON.stringify(model.toJSON(null, false)));
    const loaded = await tfl.models.modelFromJSON(topology);
    const x = normalNoise([1, 5, 12], 4);
    expect((loaded.apply(x) as tf.Tensor).dataSync()).toEqual((model.apply(x) as tf.Tensor).dataSync());
    expect(loaded.weights.map((weight) => weight.originalName)).toEqual(
      ["norm1/gamma", "norm1/beta", "attn/qkv.kernel", "attn/qkv.bias", "attn/proj.kernel", "attn/proj.bias"]
        .concat("norm2/gamma", "norm2/beta")
        .concat("mlp/fc1.kernel", "mlp/fc1.bias", "mlp/fc2.kernel", "mlp/fc2.bias")
        .map((name) => `blocks.0.${name}`),
    );
  });

  test("a block that version 0 saved loads: with null where nothing was given", async () => {
    const model = transformerBlock({ ...block, headDim: 4 });
    const topology = JSON.parse(JSON.stringify(model.toJSON(null, false)));
    const attn = topology.config.layers.find((layer: { class_name: string }) =>
      layer.class_name.startsWith("MultiHead"),
    );
    Object.assign(attn.config, { head_dim: null, queries: null, batch_input_shape: null });
    const loaded = await tfl.models.modelFromJSON(topology);
    const x = normalNoise([1, 5, 12], 4);
    expect((loaded.apply(x) as tf.Tensor).dataSync()).toEqual((model.apply(x) as tf.Tensor).dataSync());
  });

  test("a block takes int32 and bool, and is rebuilt from its config under another name", () => {
    const one = transformerBlock(block);
    const x = tf.greater(normalNoise([2, 5, 12], 3), 0);
    const expected = (one.apply(tf.cast(x, "float32")) as tf.Tensor).arraySync();
    for (const dtype of ["int32", "bool"] as const)
      expect((one.apply(tf.cast(x, dtype)) as tf.Tensor).arraySync()).toEqual(expected);
    const Block = one.constructor as unknown as tf.serialization.SerializableConstructor<tfl.LayersModel> &
      typeof tfl.LayersModel;
    const again = Block.fromConfig(Block, { ...one.getConfig(), name: "renamed" }) as tfl.LayersModel;
    again.setWeights(one.getWeights());
    expect(again.name).toBe("renamed");
    expect((again.apply(tf.cast(x, "float32")) as tf.Tensor).arraySync()).toEqual(expected);
    expect(again.getConfig()).toEqual({ ...one.getConfig(), name: "renamed" });
  });

  test("KeyedDropout without keys draws anew at each call, and nothing in evaluation", () => {
    const layer = new KeyedDropout({ rate: 0.5, name: "drop" });
    const x = tf.ones([1, 64]);
    const draw = (training: boolean) => (layer.apply(x, { training }) as tf.Tensor).dataSync();
    expect(draw(true)).not.toEqual(draw(true));
    expect(draw(false)).toEqual(x.dataSync());
  });
});

describe("initial weights", () => {
  beforeAll(async () => {
    await startBackend("cpu");
  });

  // Limits of Keras 2.8 at the sizes of https://keras.io/examples/vision/deit/; a share below is chance
  test("are Keras', with its fans of attention's three-axis kernels", () => {
    const tokens = tf.zeros([1, 2, 192]);
    const attn = new MultiHeadSelfAttention({ heads: 3, headDim: 192, name: "attn" });
    attn.apply(tokens);
    const mlp = new Mlp({ hiddenDim: 768, name: "mlp" });
    mlp.apply(tokens);
    const patch = new PatchEmbedding({ patchSize: 16, dim: 192, name: "patch" });
    patch.apply(tf.zeros([1, 16, 16, 3]));
    const head = new Linear({ units: 5, name: "head" });
    head.apply(tf.zeros([1, 192]));
    for (const [layer, n, limit] of [
      [attn, 0, 0.012659],
      [attn, 2, 0.072169],
      [mlp, 0, 0.079057],
      [mlp, 2, 0.079057],
      [patch, 0, 0.010963],
      [head, 0, 0.174519],
    ] as const) {
      expect(largest(layer, n)).toBeLessThanOrEqual(limit * 1.0001);
      expect(largest(layer, n)).toBeGreaterThan(limit * 0.98);
    }
    expect([attn, mlp, patch, head].map((layer) => largest(layer, 1))).toEqual([0, 0, 0, 0]);
  });

  test("are timm's: normal of deviation 0.02 and mean 0", () => {
    const mlp = new Mlp({ hiddenDim: 100, init: "timm", name: "mlp" });
    mlp.apply(tf.zeros([1, 100]));
    const { mean, variance } = tf.moments(mlp.getWeights()[0]!);
    expect(Math.abs(mean.dataSync()[0]!)).toBeLessThan((4 * 0.02) / 100); // 4 standard errors, n = 10,000
    expect(Math.abs(variance.dataSync()[0]! / 0.0004 - 1)).toBeLessThan(4 * Math.sqrt(2 / 10_000));
  });

  test("depend on seed and name, not on what was built before", () => {
    const weights = (name: string, seed: number) => {
      const layer = new Linear({ units: 4, name, seed });
      layer.apply(tf.zeros([1, 4]));
      return layer.getWeights()[0]!.dataSync();
    };
    expect(weights("a", 1)).toEqual(weights("a", 1));
    expect(weights("a", 1)).not.toEqual(weights("b", 1));
    expect(weights("a", 1)).not.toEqual(weights("a", 2));
  });
});

describe("wrong configs", () => {
  test.each([
    [
      () => new PatchEmbedding({ patchSize: 0, dim: 1 }),
      "PatchEmbedding: patchSize must be an integer >= 1, got 0",
    ],
    [() => new LayerNorm({ epsilon: -1 }), "LayerNorm: epsilon must be a finite number > 0, got -1"],
    [() => new Mlp({ hiddenDim: 4, dropRate: 1 }), "Mlp: dropRate must be in [0, 1), got 1"],
    [() => new TokenAt({ index: -1 }), "TokenAt: index must be an integer >= 0, got -1"],
    [
      () => new Linear({ units: 1, init: "torch" as "timm" }),
      'Linear: init must be "keras" or "timm", got \'torch\'',
    ],
    [() => new Linear({ unit: 3 } as never), "Linear: unknown option 'unit'; did you mean 'units'?"],
    [() => new Linear(undefined as never), "Linear: options must be an object, got undefined"],
    [() => new Linear({ units: 3, seed: -1 }), "Linear: seed must be an integer in [0, 2^32), got -1"],
    [
      () => new Mlp({ hiddenDims: 4 } as never),
      "Mlp: unknown option 'hiddenDims'; did you mean 'hiddenDim'?",
    ],
    [
      () => new ClassTokens({ distiled: true } as never),
      "ClassTokens: unknown option 'distiled'; did you mean 'distilled'?",
    ],
    [
      () => new PositionEmbedding({ sead: 1 } as never),
      "PositionEmbedding: unknown option 'sead'; did you mean 'seed'?",
    ],
    [() => new LayerNorm({ eps: 1e-6 } as never), "LayerNorm: unknown option 'eps'; did you mean 'epsilon'?"],
    [
      () => new KeyedDropout({ probability: 0.1 } as never),
      "KeyedDropout: unknown option 'probability'; known: batchInputShape, ",
    ],
    [
      () => new PatchEmbedding({ patchSize: 8, dims: 4 } as never),
      "PatchEmbedding: unknown option 'dims'; did you mean 'dim'?",
    ],
    [() => new TokenAt({ idx: 1 } as never), "TokenAt: unknown option 'idx'"],
    [() => new FirstTokens({} as never), "FirstTokens: count must be an integer >= 1, got undefined"],
    [() => new Residual({ nam: "a" } as never), "Residual: unknown option 'nam'; did you mean 'name'?"],
    [
      () => new MultiHeadSelfAttention({ heads: 2, keyDim: 4 } as never),
      "MultiHeadSelfAttention: unknown option 'keyDim'",
    ],
    [
      () => transformerBlock({ ...block, dropPath: 0.1 } as never),
      "transformerBlock: unknown option 'dropPath'; did you mean 'dropPathRate'?",
    ],
    [
      () => transformerBlock({ ...block, tokens: "5" as never }),
      "transformerBlock: tokens must be an integer",
    ],
    [
      () => attention(tf.zeros([1, 2, 6]), { heads: 1, query: 1 } as never),
      "attention: unknown option 'query'; known: heads, ",
    ],
    [
      () => attention(tf.zeros([1, 2, 6]), { heads: 1, dropout: { rate: 2, sampleKeys: [1], site: 1 } }),
      "attention: dropout must be { rate in [0, 1), sampleKeys, site }, got",
    ],
    [
      () => attentionProbabilities(tf.zeros([1, 2, 6]), { heads: 1, dropout: 0.1 } as never),
      "attentionProbabilities: unknown option 'dropout'",
    ],
    [
      () => dropout(tf.zeros([1]), { prob: 0.1, training: true, site: 1 } as never),
      "dropout: unknown option 'prob'",
    ],
    [
      () => new KeyedInitializer({ kind: "constant", value: 0 }, 0.5, "a"),
      "KeyedInitializer: seed must be an integer in [0, 2^32), got 0.5",
    ],
    [
      () => new KeyedInitializer({ kind: "gaussian" } as never, 0, "a").apply([1]),
      'KeyedInitializer: distribution: kind must be "constant" or "uniform" or "normal", got \'gaussian\'',
    ],
    [() => transformerBlock({ ...block, queries: 6 }), "transformerBlock: queries must be <= 5, got 6"],
    [
      () => transformerBlock({ ...block, mlpLayer: ({ name }) => new Linear({ name, units: 7 }) }),
      "transformerBlock: mlpLayer 'blocks.0.mlp' must return [batch, 5, 12], got [,5,7]",
    ],
    [
      () => transformerBlock({ ...block, queries: 2, attnLayer: ({ name }) => new LayerNorm({ name }) }),
      "transformerBlock: attnLayer 'blocks.0.attn' must return [batch, 2, 12], got [,5,12]",
    ],
    [
      () => transformerBlock({ ...block, normLayer: (() => undefined) as never }),
      "transformerBlock: normLayer must return a layer or a model, got undefined",
    ],
    [
      () => transformerBlock(block).apply(tf.zeros([1, 4, 12])),
      "expected axis 1 of input shape to have value 5 but got shape 1,4,12",
    ],
  ])("number %# names what is wrong", (make, message) => {
    expect(make).toThrow(message);
  });

  test("a patch size or heads that do not divide allocate nothing", () => {
    const x = tf.zeros([1, 6, 6, 3]);
    const tokens = tf.zeros([1, 2, 7]);
    const before = tf.memory().numTensors;
    expect(() => new PatchEmbedding({ patchSize: 4, dim: 2 }).apply(x)).toThrow(
      "PatchEmbedding: patchSize must divide the image [height, width, channels], got 4 for [6,6,3]",
    );
    expect(() => new MultiHeadSelfAttention({ heads: 2 }).apply(tokens)).toThrow(
      "MultiHeadSelfAttention: heads must divide dim 7, got 2",
    );
    expect(() => transformerBlock({ name: "b", tokens: 2, dim: 7, heads: 2 })).toThrow(
      "transformerBlock: heads must divide dim 7, got 2",
    );
    expect(tf.memory().numTensors).toBe(before);
  });
});
