// Files that transformers and timm write, against what they compute with.
import * as tf from "@tensorflow/tfjs-core";
import { fixturesOf } from "test-kit";
import { startBackend } from "tfjs-backends";
import { beforeAll, describe, expect, test } from "vitest";
import {
  config,
  configFromHuggingFace,
  configFromTimm,
  deit,
  type Preprocessing,
  parameterCount,
  preprocessingFromHuggingFace,
  preprocessingFromTimm,
  type VitConfig,
  vit,
} from "../index.ts";

type Json = Record<string, unknown>;
interface Model {
  readonly json: Json;
  readonly parameters: number;
  readonly output: readonly number[];
}
interface Transform {
  readonly json: Json;
  readonly resize: number | readonly [number, number];
  readonly resample: string;
  readonly crop: readonly number[];
  readonly mean: readonly number[];
  readonly std: readonly number[];
}
interface Processor {
  readonly json: Json;
  readonly shape: readonly [height: number, width: number];
  readonly black: readonly number[];
  readonly white: readonly number[];
}
interface Fixture {
  readonly published: Readonly<Record<string, readonly [parameters: number, height: number, width: number]>>;
  readonly huggingface: Readonly<Record<string, Model>>;
  readonly timm: Readonly<Record<string, Model>>;
  readonly transforms: Readonly<Record<string, Transform>>;
  readonly processors: Readonly<Record<string, Processor>>;
}
const fixture = fixturesOf(import.meta.url).json<Fixture>("published-configs.json");

const VIT = {
  ...{ model_type: "vit", architectures: ["ViTForImageClassification"], image_size: 16, patch_size: 8 },
  ...{ hidden_size: 12, num_hidden_layers: 2, num_attention_heads: 3, intermediate_size: 20 },
};
const ABSENT = undefined;

beforeAll(() => startBackend("cpu"));

describe("configFromHuggingFace", () => {
  test.each(Object.entries(fixture.huggingface))(
    "%s has transformers' parameters and output",
    (name, model) => {
      const found = configFromHuggingFace(model.json);
      const count = parameterCount(found.config, found.distilled);
      const folded = name.includes("registers") ? found.config.dim : 0; // the class token's position
      expect(count).toBe(model.parameters - folded);
      const built = (found.distilled ? deit : vit)(found.config);
      expect(built.countParams()).toBe(count);
      expect(built.outputs[0]!.shape).toEqual([null, ...model.output.slice(1)]);
      built.dispose();
    },
  );

  test("says what the file names", () => {
    const two = configFromHuggingFace(fixture.huggingface["deit, two heads"]!.json);
    expect(two).toMatchObject({ distilled: true, family: "deit", classNames: ["crane", "rose", "crane"] });
    expect(two.config.epsilon).toBe(1e-12);
    const plain = configFromHuggingFace(fixture.huggingface.vit!.json);
    expect(plain).toMatchObject({ distilled: false, family: "vit" });
    expect(plain.classNames).toBeUndefined(); // LABEL_0, …
    expect(plain.config).toMatchObject({ imageSize: [16, 24], qkvBias: false, actLayer: "gelu_tanh" });
    const dino = configFromHuggingFace(fixture.huggingface["dinov2, head"]!.json);
    expect(dino.config).toMatchObject({ epsilon: 1e-6, initValues: 1, globalPool: "token_avg", classes: 3 });
  });

  test.each<[change: Json, message: RegExp]>([
    [{ model_type: "swin" }, /expected model_type to be "deit" or "vit" or "dinov2".*, got "swin"/],
    [{ model_type: "constructor" }, /expected model_type/],
    [{ model_type: ABSENT }, /expected model_type to be deit, vit, .*, got undefined/],
    [
      { architectures: ["ViTForMaskedImageModeling"] },
      /expected architectures to be one of ViTForImageClassification, ViTModel, got "ViTForMasked/,
    ],
    [{ architectures: ["DeiTModel"] }, /expected architectures/],
    [{ architectures: ["toString"] }, /expected architectures/],
    [{ architectures: ABSENT }, /expected architectures to be one of .*, got undefined/],
    [{ hidden_act: "mish" }, /expected hidden_act to be one of gelu, .*, got "mish"/],
    [{ hidden_act: "__proto__" }, /expected hidden_act/],
    [{ patch_size: [8, 16] }, /expected patch_size to be a square, got \[8,16\]/],
    [{ patch_size: 5 }, /patchSize must divide the image 16x16, got 5/],
    [{ hidden_size: -12 }, /expected hidden_size to be an integer in \[1, 16384\], got -12/],
    [{ hidden_size: 1e9 }, /expected hidden_size/],
    [{ hidden_size: "12" }, /expected hidden_size .*, got "12"/],
    [{ num_attention_heads: 5 }, /heads must divide dim 12 .*, got 5/],
    [{ num_hidden_layers: 1e6 }, /expected num_hidden_layers to be an integer in \[1, 1024\]/],
    [
      { num_hidden_layers: 1000, hidden_size: 12000, intermediate_size: 48000 },
      /expected at most 2147483648 parameters, got/,
    ],
    [{ image_size: [16, 16, 16] }, /expected image_size/],
    [{ image_size: 2 ** 20 }, /expected image_size/],
    [{ layer_norm_eps: 0 }, /expected layer_norm_eps to be a finite number > 0, got 0/],
    [{ qkv_bias: "no" }, /expected qkv_bias to be true or false/],
    [{ id2label: { 0: "a", 2: "b" } }, /expected id2label to name the classes 0 to 1, 1 among them, got "2"/],
    [
      { id2label: { 0: "a", "01": "b" } },
      /expected id2label to name the classes 0 to 1, 1 among them, got "01"/,
    ],
    [{ id2label: JSON.parse('{"0": "a", "__proto__": "b"}') as Json }, /1 among them, got "__proto__"/],
    [{ id2label: { 0: "a", 1: 7 } }, /expected id2label's name of class 1 to be a string, got 7/],
    [{ id2label: ["a", "b"] }, /expected id2label to be an object, got \["a","b"\]/],
    [{ id2label: {} }, /expected id2label to name a class/],
    [{ id2label: { 0: "a" }, num_labels: 2 }, /expected num_labels to be 1/],
    [{ num_labels: 2 ** 30 }, /expected num_labels/],
  ])("refuses %j", (change, message) => {
    const json = Object.fromEntries(
      Object.entries({ ...VIT, ...change }).filter(([, value]) => value !== ABSENT),
    );
    expect(() => configFromHuggingFace(json)).toThrow(message);
    expect(() => configFromHuggingFace(json)).toThrow(/^configFromHuggingFace: /);
  });

  test.each([undefined, null, 7, "vit", [VIT]])("refuses what is no object: %j", (json) => {
    expect(() => configFromHuggingFace(json)).toThrow(/^configFromHuggingFace: expected an object, got/);
  });

  test("reads no inherited field", () => {
    const inherits = Object.create(VIT) as Json;
    expect(() => configFromHuggingFace(inherits)).toThrow(/expected model_type/);
  });
});

describe("configFromTimm", () => {
  test.each(Object.entries(fixture.timm))("%s has timm's parameters and output", (_, model) => {
    const found = configFromTimm(model.json);
    expect(parameterCount(found.config, found.distilled)).toBe(model.parameters);
    const built = (found.distilled ? deit : vit)(found.config);
    expect(built.countParams()).toBe(model.parameters);
    expect(built.outputs[0]!.shape).toEqual([null, ...model.output.slice(1)]);
    built.dispose();
  });

  test.each(Object.entries(fixture.published))(
    "%s has timm's parameters and image size",
    (architecture, expected) => {
      const { config, distilled } = configFromTimm({ architecture });
      const side = config.imageSize as number;
      expect([parameterCount(config, distilled), side, side]).toEqual(expected);
    },
  );

  test("reads an older file, and names", () => {
    const { json } = fixture.timm.vit!;
    const older = {
      ...(json.pretrained_cfg as Json),
      ...{ architecture: "vit_tiny_patch16_224", labels: ["a", "b", "c"] },
    };
    expect(configFromTimm(older)).toMatchObject({
      ...{ family: "vit", distilled: false, classNames: ["a", "b", "c"] },
      config: { imageSize: [32, 48], classes: 3, dim: 192, depth: 12, dropPathRate: 0 },
    });
    expect(configFromTimm({ ...json, label_names: ["x", "y", "z"] }).classNames).toEqual(["x", "y", "z"]);
    expect(configFromTimm({ architecture: "vit_base_patch14_reg4_dinov2" })).toMatchObject({
      ...{ family: "dinov2_with_registers", config: { classes: 0, imageSize: 518, regTokens: 4 } },
    });
  });

  test("null is Python's None: the library's default, not the architecture's", () => {
    const { config } = configFromTimm({
      ...{ architecture: "vit_giant_patch14_dinov2", num_classes: 2 },
      model_args: { init_values: null, act_layer: null, fc_norm: null, depth: null },
    });
    expect(config).toMatchObject({ actLayer: "gelu", depth: 40 });
    expect([config.initValues, config.fcNorm]).toEqual([undefined, undefined]);
    const { config: own } = configFromTimm({ architecture: "vit_giant_patch14_dinov2" });
    expect(own).toMatchObject({ initValues: 1e-5, mlpLayer: "swiglu_packed" });
    expect(own.actLayer).toBeUndefined(); // SiLU
  });

  const { json } = fixture.timm.vit!;
  const args = (change: Json): Json => ({ model_args: { ...(json.model_args as Json), ...change } });
  test.each<[change: Json, message: RegExp]>([
    [
      { architecture: "resnet50" },
      /expected architecture to be one of deit_tiny_patch16_224, .*, got "resnet50"/,
    ],
    [{ architecture: "hasOwnProperty" }, /expected architecture/],
    [args({ pre_norm: true }), /expected model_args.pre_norm to be false, got true/],
    [args({ class_token: false }), /expected model_args.class_token to be true/],
    [args({ global_pool: "map" }), /expected model_args.global_pool to be "token" or "avg", got "map"/],
    [args({ act_layer: "mish" }), /expected model_args.act_layer/],
    [args({ block_fn: "ParallelScalingBlock" }), /expected model_args to be of img_size, .*, got "block_fn"/],
    [args(JSON.parse('{"__proto__": 1}') as Json), /expected model_args to be of .*, got "__proto__"/],
    [args({ img_size: [32, 50] }), /patchSize must divide the image 32x50/],
    [args({ depth: 0 }), /expected model_args.depth/],
    [args({ embed_dim: 1e12 }), /expected model_args.embed_dim/],
    [args({ patch_size: [16, 8] }), /expected model_args.patch_size/],
    [{ label_names: ["a"] }, /expected label_names to have 3 names, got 1/],
    [{ label_names: { 0: "a" } }, /expected label_names to be an array of strings/],
    [{ pretrained_cfg: [] }, /expected pretrained_cfg to be an object/],
    [
      { pretrained_cfg: { input_size: [3, -1, 4] } },
      /expected pretrained_cfg.input_size to be \[channels, height, width\]/,
    ],
  ])("refuses %j", (change, message) => {
    expect(() => configFromTimm({ ...json, ...change })).toThrow(message);
  });
});

describe("any value in any field is read or refused by name", () => {
  const HOSTILE: readonly unknown[] = [
    ...[
      null,
      true,
      false,
      0,
      -1,
      0.5,
      3,
      2 ** 31,
      2 ** 53,
      1e300,
      -1e300,
      Number.NaN,
      Number.POSITIVE_INFINITY,
    ],
    ...[
      "",
      "12",
      "gelu",
      "__proto__",
      "x".repeat(1e5),
      [],
      [1],
      [16, 16],
      [-1, 1e9],
      [[1]],
      ["a"],
      {},
      { 0: "a" },
    ],
    ...[{ length: 1e9 }, JSON.parse('{"__proto__": {"model_type": "vit"}}'), { height: 1e9, width: 1 }],
  ];
  /** Every object in a file with one field changed. */
  function* changed(json: Json): Generator<Json> {
    for (const [key, value] of Object.entries(json)) {
      for (const hostile of HOSTILE) yield { ...json, [key]: hostile };
      const { [key]: _, ...without } = json;
      yield without;
      if (typeof value === "object" && value !== null && !Array.isArray(value))
        for (const inner of changed(value as Json)) yield { ...json, [key]: inner };
    }
  }
  const files = (cases: Readonly<Record<string, { readonly json: Json }>>) =>
    Object.values(cases).map(({ json }) => json);

  test.each<[name: string, (json: unknown) => unknown, readonly Json[]]>([
    ["configFromHuggingFace", configFromHuggingFace, files(fixture.huggingface)],
    ["configFromTimm", configFromTimm, files(fixture.timm)],
    ["preprocessingFromHuggingFace", preprocessingFromHuggingFace, files(fixture.processors)],
    ["preprocessingFromTimm", preprocessingFromTimm, files(fixture.transforms)],
  ])("by %s", (name, read, jsons) => {
    let [accepted, refused] = [0, 0];
    for (const json of jsons.flatMap((one) => [...changed(one)])) {
      try {
        const found = read(json) as { readonly config?: VitConfig; readonly distilled?: boolean };
        if (found.config) expect(parameterCount(found.config, found.distilled!)).toBeLessThanOrEqual(2 ** 31);
        accepted++;
      } catch (error) {
        const { message } = error as Error;
        if (!(error instanceof RangeError && message.startsWith(`${name}: `) && message.length < 2000))
          expect.fail(`${String(error)} of ${JSON.stringify(json).slice(0, 400)}`);
        refused++;
      }
    }
    expect(Math.min(accepted, refused)).toBeGreaterThan(50);
  });
});

test("parameterCount counts what the model has", () => {
  expect(parameterCount({ ...config.deitTiny, classes: 1000 }, true)).toBe(5_910_800);
  const all = {
    ...{ imageSize: 16, patchSize: 8, dim: 12, depth: 2, heads: 3, headDim: 5, classes: 3, mlpRatio: 1.5 },
    ...{ regTokens: 2, noEmbedClass: true, initValues: 1, qkNorm: true, qkvBias: false, projBias: false },
  };
  for (const mlpLayer of ["mlp", "swiglu", "swiglu_packed"] as const) {
    const model = vit({ ...all, mlpLayer, globalPool: "token_avg" });
    expect(parameterCount({ ...all, mlpLayer, globalPool: "token_avg" }, false)).toBe(model.countParams());
    model.dispose();
  }
});

test("a head of the token and the mean reads both", () => {
  const size = { imageSize: 16, patchSize: 8, dim: 12, depth: 1, heads: 3, regTokens: 2, classes: 0 };
  const images = tf.randomUniform([2, 16, 16, 3], 0, 1, "float32", 3);
  const features = (["token", "avg", "token_avg"] as const).map((globalPool) =>
    (vit({ ...size, globalPool, fcNorm: false }).predict(images) as tf.Tensor).arraySync(),
  ) as number[][][];
  const [token, mean, both] = features as [number[][], number[][], number[][]];
  expect(both[0]!.length).toBe(24);
  expect(both.map((row) => row.slice(0, 12))).toEqual(token);
  expect(both.map((row) => row.slice(12))).toEqual(mean);
  expect(() => vit({ ...size, globalPool: "token_avg", fcNorm: true })).toThrow(/vit: fcNorm must be false/);
  expect(() => deit({ ...size, globalPool: "token_avg" })).toThrow(/globalPool must be 'token'.*'token_avg'/);
});

describe("preprocessingFromTimm", () => {
  test.each(Object.entries(fixture.transforms))("%s is timm's transform", (_, expected) => {
    const { resize } = expected;
    expect(preprocessingFromTimm(expected.json)).toEqual({
      resize: typeof resize === "number" ? { shortestEdge: resize } : { height: resize[0], width: resize[1] },
      ...{ resample: expected.resample, centerCrop: expected.crop, rescale: 1 / 255 },
      mean: expected.mean.map((x) => expect.closeTo(x, 6) as number), // float32 in timm
      std: expected.std.map((x) => expect.closeTo(x, 6) as number),
    });
  });

  test.each<[change: Json, message: RegExp]>([
    [{ crop_mode: "border" }, /expected crop_mode to be "center" or "squash", got "border"/],
    [
      { input_size: [3, 48, 64] },
      /expected crop_mode to be 'squash' for an input that is not square, got "center"/,
    ],
    [{ crop_pct: 0 }, /expected crop_pct/],
    [{ crop_pct: true }, /expected crop_pct to be a number in \[1\/16, 1\], got true/],
    [{ mean: [0.5, 0.5] }, /expected mean to have 3 numbers/],
    [{ std: [0, 1, 1] }, /expected std to have numbers > 0/],
    [{ interpolation: "random" }, /expected interpolation/],
    [{ input_size: [3, 1e9, 1e9] }, /expected input_size/],
  ])("refuses %j", (change, message) => {
    expect(() => preprocessingFromTimm({ ...fixture.transforms.deit!.json, ...change })).toThrow(message);
  });
});

describe("preprocessingFromHuggingFace", () => {
  /** Height and width of what becomes of a picture of 130×90 pixels, and the values of one gray. */
  const sizeOf = ({ resize, centerCrop }: Preprocessing): readonly number[] => {
    if (centerCrop !== undefined) return centerCrop;
    if (resize === undefined) return [130, 90];
    if ("height" in resize) return [resize.height, resize.width];
    return [Math.trunc((resize.shortestEdge * 130) / 90), resize.shortestEdge];
  };
  const gray = ({ rescale, mean, std }: Preprocessing, value: number) =>
    mean.map((m, i) => (value * rescale - m) / std[i]!);

  test.each(Object.entries(fixture.processors))(
    "%s is the processor's",
    (_, { json, shape, black, white }) => {
      const found = preprocessingFromHuggingFace(json);
      expect(sizeOf(found)).toEqual(shape);
      for (const [expected, value] of [
        [black, 0],
        [white, 255],
      ] as const) {
        for (const [i, x] of gray(found, value).entries()) expect(x).toBeCloseTo(expected[i]!, 4);
      }
    },
  );

  test("one number is both sides for DeiT and the shortest edge for BiT", () => {
    const old = { size: 256, crop_size: 224, resample: 3, image_mean: [0.5], image_std: [0.5] };
    expect(preprocessingFromHuggingFace({ ...old, feature_extractor_type: "DeiTFeatureExtractor" })).toEqual({
      ...{ resize: { height: 256, width: 256 }, centerCrop: [224, 224], resample: "bicubic" },
      ...{ rescale: 1 / 255, mean: [0.5], std: [0.5] },
    });
    const bit = { ...old, image_processor_type: "BitImageProcessorFast", do_center_crop: false };
    const { resize, centerCrop } = preprocessingFromHuggingFace(bit);
    expect([resize, centerCrop]).toEqual([{ shortestEdge: 256 }, undefined]);
  });

  const vitJson = fixture.processors.ViT!.json;
  test.each<[change: Json, message: RegExp]>([
    [
      { image_processor_type: "DetrImageProcessor" },
      /expected image_processor_type to be that of ViT, DeiT, .*, got "DetrImageProcessor"/,
    ],
    [{ image_processor_type: "constructorImageProcessor" }, /expected image_processor_type/],
    [{ do_pad: true }, /expected do_pad to be false, got true/],
    [{ size: { longest_edge: 4 } }, /expected size to be .* height and width, or shortest_edge, got/],
    [{ size: { height: 4, width: -1 } }, /expected size/],
    [{ size: 1e9 }, /expected size/],
    [{ resample: 9 }, /expected resample/],
    [{ image_std: [0.5, 0.5] }, /expected image_std to have 3 numbers > 0, as image_mean has/],
    [{ image_mean: [Number.NaN, 0, 0] }, /expected image_mean/],
    [{ crop_size: { shortest_edge: 3 } }, /expected crop_size to have height and width/],
    [{ rescale_factor: -1 }, /expected rescale_factor/],
  ])("refuses %j", (change, message) => {
    expect(() => preprocessingFromHuggingFace({ ...vitJson, ...change })).toThrow(message);
  });
});
