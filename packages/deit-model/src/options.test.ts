// What the options of the config change beside the numbers of timm, which vit-parts.test.ts compares.
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { modelWeights } from "named-weights";
import { errorOverLargest, stir } from "test-kit";
import { BACKENDS } from "test-kit/backends";
import { startBackend } from "tfjs-backends";
import { beforeAll, describe, expect, test } from "vitest";
import {
  attentionMaps,
  attentionRollout,
  deit,
  loadWeights,
  mimeticInit,
  timmName,
  type VitConfig,
  vit,
  weightsBytes,
} from "./index.ts";

const tiny: VitConfig = {
  ...{ imageSize: [16, 24], patchSize: 8, dim: 16, depth: 2, heads: 2, mlpRatio: 2, classes: 4 },
  init: "timm",
};
const all: VitConfig = {
  ...tiny,
  ...{ regTokens: 3, noEmbedClass: true, initValues: 0.1, qkNorm: true, qkvBias: false, projBias: false },
  ...{ actLayer: "gelu_tanh", mlpLayer: "swiglu", patchDropRate: 0.5, dropPathRate: 0.5 },
};
const average: VitConfig = { ...all, globalPool: "avg", mlpLayer: "swiglu_packed", actLayer: "quick_gelu" };
const MODELS = [
  ["vit", () => vit(all)],
  ["vit of the mean", () => vit(average)],
  ["deit", () => deit({ ...all, noEmbedClass: false })],
] as const;

const images = (batch: number) => tf.randomUniform([batch, 16, 24, 3], 0, 1, "float32", 5);
const outputs = (model: tfl.LayersModel, x: tf.Tensor, kwargs = {}) =>
  ([model.apply(x, kwargs)].flat() as tf.Tensor[]).map((y) => [...y.dataSync()]);

describe.each(BACKENDS)("options on %s", (backend) => {
  beforeAll(() => startBackend(backend));

  test.each(MODELS)("%s survives save and load, and draws the same", async (_, build) => {
    const model = build();
    stir(model, 0.3);
    let artifacts: tf.io.ModelArtifacts | undefined;
    await model.save(
      tf.io.withSaveHandler(async (saved) => {
        artifacts = saved;
        return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" } };
      }),
    );
    const modelTopology = JSON.parse(JSON.stringify(artifacts!.modelTopology));
    const loaded = await tfl.loadLayersModel(tf.io.fromMemory({ ...artifacts!, modelTopology }));
    const x = images(3);
    for (const kwargs of [{}, { training: true, sampleKeys: [7, 8, 9] }]) {
      expect(outputs(loaded, x, kwargs)).toEqual(outputs(model, x, kwargs));
    }
    expect(outputs(model, x, { training: true, sampleKeys: [7, 8, 9] })).not.toEqual(outputs(model, x));
    expect(loaded.weights.map((w) => w.originalName)).toEqual(model.weights.map((w) => w.originalName));
  });

  test.each(MODELS)("%s: a sample's training output depends on its key, not on the batch", (_, build) => {
    const model = build();
    stir(model, 0.3);
    const x = images(4);
    const keys = [11, 22, 33, 44];
    const whole = outputs(model, x, { training: true, sampleKeys: keys })[0]!;
    const some = tf.slice(x, [2, 0, 0, 0], [2, -1, -1, -1]);
    const part = outputs(model, some, { training: true, sampleKeys: keys.slice(2) })[0]!;
    expect(errorOverLargest(Float32Array.from(part), Float32Array.from(whole.slice(8)))).toBeLessThan(1e-5);
  });

  test.each(MODELS)("the gradient of %s reaches every variable, and no tensor is left behind", (_, build) => {
    const model = build();
    stir(model, 0.3);
    const x = images(8);
    const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
    const loss = () => {
      const heads = [model.apply(x, { training: true, sampleKeys: [1, 2, 3, 4, 5, 6, 7, 8] })].flat();
      return tf.addN((heads as tf.Tensor[]).map((y) => tf.sum(tf.square(y)))) as tf.Scalar;
    };
    const { grads, value } = tf.variableGrads(loss, variables);
    for (const weight of model.trainableWeights) {
      if (weight.originalName.endsWith("k_norm.beta")) continue; // softmax ignores what is added to all keys
      const { name } = weight.read() as tf.Variable;
      expect(tf.max(tf.abs(grads[name]!)).dataSync()[0], weight.originalName).toBeGreaterThan(1e-6);
    }
    tf.dispose([value, ...Object.values(grads)]);
    const before = tf.memory().numTensors;
    const again = tf.variableGrads(loss, variables);
    tf.dispose([again.value, ...Object.values(again.grads)]);
    expect(tf.memory().numTensors).toBe(before);
  });

  test.each([
    ["vit", () => vit({ ...tiny, regTokens: 3 }), ["class"], 4],
    ["vit without positions of its registers", () => vit(all), ["class"], 4],
    ["vit of the mean", () => vit(average), ["class"], 4],
    ["deit", () => deit({ ...tiny, regTokens: 3 }), ["class", "distillation"], 5],
  ] as const)("attention of %s: class tokens, registers, patches", (_, build, classTokens, prefixTokens) => {
    const model = build();
    stir(model, 0.5);
    const x = images(2);
    const maps = attentionMaps(model, x);
    const places = classTokens.map((__, i) => i);
    expect(maps).toMatchObject({ classTokens, places, prefixTokens, grid: [2, 3] });
    expect(maps.layers[0]!.shape).toEqual([2, 2, prefixTokens + 6, prefixTokens + 6]);
    const rollout = attentionRollout(maps, { token: "class" });
    expect(rollout.shape).toEqual([2, 2, 3]);
    // The first block's product with the last's, by hand: the class token's row over the patches.
    const [first, last] = maps.layers.map((p) => tf.mean(p, 1).arraySync() as number[][][]);
    const mixed = (rows: number[][], row: number, column: number) =>
      (rows[row]![column]! + (row === column ? 1 : 0)) / 2;
    const share = (sample: number, patch: number) =>
      first![sample]!.reduce(
        (sum, __, k) => sum + mixed(last![sample]!, 0, k) * mixed(first![sample]!, k, prefixTokens + patch),
        0,
      );
    const expected = [0, 1].map((sample) => Array.from({ length: 6 }, (__, patch) => share(sample, patch)));
    const got = tf.reshape(rollout, [2, 6]).arraySync() as number[][];
    expect(errorOverLargest(Float32Array.from(got.flat()), Float32Array.from(expected.flat()))).toBeLessThan(
      1e-5,
    );
  });
});

describe("configs", () => {
  beforeAll(() => startBackend("cpu"));

  test.each([
    [
      () => deit({ ...tiny, globalPool: "avg" }),
      "deit: globalPool must be 'token', for the heads of a distilled model read two class tokens, got 'avg'",
    ],
    [
      () => deit({ ...tiny, fcNorm: true }),
      "deit: fcNorm must be false, for the heads of a distilled model share one norm, got true",
    ],
    [() => vit({ ...tiny, regTokens: -1 }), "vit: regTokens must be an integer >= 0, got -1"],
    [() => vit({ ...tiny, initValues: 0 }), "vit: initValues must be a finite number > 0, got 0"],
    [() => vit({ ...tiny, actLayer: "mish" as "relu" }), 'vit: actLayer must be "gelu" or "gelu_tanh" or'],
    [
      () => vit({ ...tiny, mlpLayer: "glu" as "mlp" }),
      'vit: mlpLayer must be "mlp" or "swiglu" or "swiglu_packed"',
    ],
    [
      () => vit({ ...tiny, globalPool: "max" as "avg" }),
      'vit: globalPool must be "token" or "avg" or "token_avg", got \'max\'',
    ],
    [() => vit({ ...tiny, patchDropRate: 1 }), "vit: patchDropRate must be in [0, 1), got 1"],
    [
      () => vit({ ...tiny, dim: 6, heads: 2, mlpRatio: 1.5, mlpLayer: "swiglu_packed" }),
      "vit: hiddenDim, dim times mlpRatio, must be even with mlpLayer 'swiglu_packed', got 9",
    ],
  ])("number %# names what is wrong and allocates nothing", (make, message) => {
    const before = tf.memory().numTensors;
    expect(make).toThrow(message);
    expect(tf.memory().numTensors).toBe(before);
  });

  test("without classes the features have the output's name, normalized after the mean", () => {
    const model = vit({ ...average, classes: 0 });
    expect([model.outputNames, model.outputs[0]!.shape]).toEqual([["classification_head"], [null, 16]]);
    const y = outputs(model, images(1))[0]!;
    expect(y.reduce((sum, v) => sum + v, 0)).toBeCloseTo(0, 4);
  });

  test("registers start at timm's 1e-6, or at 0.02 with Keras' weights: zeros would stay equal", () => {
    const deviation = (init: "keras" | "timm") => {
      const model = vit({ ...tiny, regTokens: 3, init });
      const values = model.getLayer("registers").getWeights()[0]!;
      expect(values.shape).toEqual([1, 3, 16]);
      return Math.sqrt(tf.mean(tf.square(values)).dataSync()[0]!);
    };
    // 48 numbers: the standard error of their deviation is a tenth of it
    expect(Math.abs(deviation("timm") / 1e-6 - 1)).toBeLessThan(0.4);
    expect(Math.abs(deviation("keras") / 0.02 - 1)).toBeLessThan(0.4);
  });

  test("mimetic positions are those of the patches, behind the rows of class token and registers", () => {
    const positions = (config: VitConfig) => {
      const model = vit(config);
      mimeticInit(model);
      return model.getLayer("position").getWeights()[0]!;
    };
    const [plain, registers, patches] = [
      positions(tiny),
      positions({ ...tiny, regTokens: 3 }),
      positions({ ...tiny, regTokens: 3, noEmbedClass: true }),
    ];
    const rows = (x: tf.Tensor, from: number) => tf.slice(x, [0, from, 0], [-1, 6, -1]).arraySync();
    expect([plain.shape[1], registers.shape[1], patches.shape[1]]).toEqual([7, 10, 6]);
    expect(rows(registers, 4)).toEqual(rows(plain, 1));
    expect(rows(patches, 0)).toEqual(rows(plain, 1));
  });
});

describe("weights", () => {
  beforeAll(() => startBackend("cpu"));

  test.each([
    [
      "timm",
      () => deit({ ...tiny, regTokens: 2 }),
      "its positions begin with those of 2 class tokens, got 4 rows",
    ],
    [
      "timm",
      () => deit({ ...tiny, noEmbedClass: true }),
      "its positions begin with those of 2 class tokens, got 0",
    ],
    ["huggingface", () => vit({ ...tiny, regTokens: 2 }), "it has no place for reg_token"],
    [
      "huggingface",
      () => vit({ ...tiny, noEmbedClass: true }),
      "its positions begin with those of 1 class tokens",
    ],
    ["huggingface", () => vit({ ...tiny, initValues: 1 }), "it has no place for blocks.0.ls1.gamma"],
    ["huggingface", () => vit({ ...tiny, qkNorm: true }), "it has no place for blocks.0.attn.q_norm.weight"],
    [
      "huggingface",
      () => vit({ ...tiny, projBias: false }),
      "it has biases attn.proj.bias and mlp.fc2.bias, got none",
    ],
    [
      "huggingface",
      () => vit({ ...tiny, mlpLayer: "swiglu" }),
      "it has no place for blocks.0.mlp.fc1_g.weight",
    ],
    ["huggingface", () => vit({ ...tiny, mlpLayer: "swiglu_packed" }), "it has no gated MLP"],
    ["huggingface", () => vit({ ...tiny, globalPool: "avg" }), "it has no place for fc_norm.weight"],
    [
      "huggingface",
      () => vit({ ...tiny, globalPool: "avg", fcNorm: false }),
      "its head reads the class token, not the mean of the patches",
    ],
    ...(["timm", "huggingface"] as const).map(
      (names) =>
        [
          names,
          () => vit({ ...tiny, globalPool: "token_avg" }),
          `its head reads the class token or the mean of the patches, ${tiny.dim} features, got ${2 * tiny.dim}`,
        ] as const,
    ),
  ] as const)("%s cannot hold model number %#", async (names, build, problem) => {
    const library = names === "timm" ? "timm" : "transformers";
    await expect(async () => weightsBytes(build(), { names })).rejects.toThrow(
      `weightTensors: ${library} cannot hold this model: ${problem}`,
    );
  });

  test("a model without biases of q, k and v is one of transformers too, and other activations are", async () => {
    const model = vit({ ...tiny, qkvBias: false, actLayer: "relu" });
    const again = vit({ ...tiny, qkvBias: false, actLayer: "relu", seed: 3 });
    await loadWeights(again, await weightsBytes(model, { names: "huggingface" }));
    expect(outputs(again, images(1))).toEqual(outputs(model, images(1)));
  });

  test("positions of the class token in one, not in the other, are named", async () => {
    const [with1, without] = [vit(tiny), vit({ ...tiny, noEmbedClass: true })];
    const options = { fileGrid: [2, 3], adapt: ["positions"] } as const;
    await expect(loadWeights(without, await weightsBytes(with1), options)).rejects.toThrow(
      "pos_embed: the file has positions of its class tokens, the model has none (noEmbedClass)",
    );
    await expect(loadWeights(with1, await weightsBytes(without), options)).rejects.toThrow(
      "pos_embed: the file has no positions of its class tokens, the model has some (noEmbedClass)",
    );
  });

  test("a plain file starts a distilled model with registers row by row", async () => {
    const plain = vit({ ...tiny, regTokens: 2 });
    const distilled = deit({ ...tiny, regTokens: 2, seed: 9 });
    const own = (model: tfl.LayersModel) =>
      modelWeights("test", model, timmName).get("pos_embed")!.read().arraySync() as number[][][];
    const [first] = own(distilled);
    const { kept } = await loadWeights(distilled, await weightsBytes(plain), { adapt: ["distillation"] });
    expect(kept).toContain("pos_embed[0, 1]");
    const [theirs] = own(plain);
    expect(own(distilled)[0]).toEqual([theirs![0], first![1], ...theirs!.slice(1)]);
  });

  test("a small model's parts are selected from a larger one's", async () => {
    const large = vit({ ...all, dim: 32, depth: 3, regTokens: 6 });
    const small = vit(all);
    const report = await loadWeights(small, await weightsBytes(large), { adapt: ["selection", "positions"] });
    expect(report.kept).toEqual(["head.weight", "head.bias"]);
    const [from, to] = [large, small].map((model) => modelWeights("test", model, timmName));
    const registers = from!.get("reg_token")!.read();
    const expected = tf.stridedSlice(registers, [0, 0, 0], [1, 6, 32], [1, 2, 2]);
    expect(to!.get("reg_token")!.read().arraySync()).toEqual(expected.arraySync());
    const norm = tf.stridedSlice(from!.get("blocks.1.attn.q_norm.weight")!.read(), [0], [16], [2]);
    expect(to!.get("blocks.1.attn.q_norm.weight")!.read().arraySync()).toEqual(norm.arraySync());
  });
});
