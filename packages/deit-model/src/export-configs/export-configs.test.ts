import { startBackend } from "tfjs-backends";
import { beforeAll, describe, expect, test } from "vitest";
import { configFromHuggingFace } from "../configs/config-from-hugging-face.ts";
import { configFromTimm } from "../configs/config-from-timm.ts";
import { preprocessingFromHuggingFace } from "../configs/preprocessing-from-hugging-face.ts";
import { preprocessingFromTimm } from "../configs/preprocessing-from-timm.ts";
import { averageHeads, deit, type Preprocessing, type VitConfig, vit } from "../index.ts";
import { configOf } from "./config-of.ts";
import { huggingFaceConfig } from "./hugging-face-config.ts";
import { preprocessorConfig } from "./preprocessor-config.ts";
import { timmConfig } from "./timm-config.ts";

const base: VitConfig = {
  imageSize: 32,
  patchSize: 8,
  dim: 24,
  depth: 2,
  heads: 3,
  classes: 3,
  epsilon: 1e-6,
};
const classNames = ["daisy", "rose", "tulip"];
const imagenet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
const WHOLE: Preprocessing = {
  resize: { height: 32, width: 32 },
  resample: "bilinear",
  rescale: 1 / 255,
  ...imagenet,
};

beforeAll(async () => {
  await startBackend("cpu");
});

describe("configOf", () => {
  test.each<[string, Partial<VitConfig>]>([
    ["nothing special", {}],
    ["a rectangle of one channel", { imageSize: [16, 40], channels: 1 }],
    ["wide heads", { headDim: 24 }],
    ["another ratio and epsilon", { mlpRatio: 2.5, epsilon: 1e-5 }],
    [
      "registers, LayerScale, no position of the class token",
      { regTokens: 2, initValues: 0.25, noEmbedClass: true },
    ],
    ["norms of queries and keys, no biases", { qkNorm: true, qkvBias: false, projBias: false }],
    ["the patches' mean", { globalPool: "avg" }],
    ["the patches' mean with a norm before", { globalPool: "avg", fcNorm: false }],
    ["the class token with a norm behind", { fcNorm: true }],
    ["the class token beside the mean", { globalPool: "token_avg" }],
    ["a gated MLP", { mlpLayer: "swiglu" }],
    ["a packed gated MLP of another activation", { mlpLayer: "swiglu_packed", actLayer: "gelu" }],
    ["features", { classes: 0 }],
  ])("reads %s", (_, more) => {
    const config = { ...base, ...more };
    const model = vit({ ...config, dropPathRate: 0.1, seed: 7, init: "timm" });
    expect(configOf(model)).toEqual({ config, distilled: false });
  });

  test("reads a distilled model and the mean of its heads, and no other model", () => {
    const model = deit(base);
    expect(configOf(model)).toEqual({ config: base, distilled: true });
    expect(configOf(averageHeads(model))).toEqual({ config: base, distilled: true });
    expect(() => configOf(undefined as never)).toThrow("configOf: model must be a tfjs layers model");
  });
});

describe("huggingFaceConfig", () => {
  test.each([
    ["deit", "DeiTForImageClassificationWithTeacher", () => deit(base)],
    [
      "vit",
      "ViTForImageClassification",
      () => vit({ ...base, imageSize: [16, 24], actLayer: "gelu_tanh", epsilon: 1e-5 }),
    ],
  ] as const)("of a %s is read back as the config that it is of", (type, architecture, create) => {
    const model = create();
    const json = huggingFaceConfig(model, { classNames });
    expect(json).toMatchObject({
      ...{ model_type: type, architectures: [architecture], "transformers.js_config": { dtype: "fp32" } },
      id2label: { 0: "daisy", 1: "rose", 2: "tulip" },
    });
    const { config, distilled } = configOf(model);
    expect(configFromHuggingFace(JSON.parse(JSON.stringify(json)))).toMatchObject({
      config,
      distilled,
      classNames,
      family: type,
    });
  });

  test("says when a picture may have several classes, and refuses what transformers has not", () => {
    expect(huggingFaceConfig(vit(base), { multiLabel: true }).problem_type).toBe(
      "multi_label_classification",
    );
    expect(huggingFaceConfig(vit(base)).problem_type).toBeUndefined();
    expect(() => huggingFaceConfig(vit({ ...base, headDim: 24 }))).toThrow(
      "huggingFaceConfig: transformers cannot hold this model: blocks.0.attn.qkv.weight must be [72,24]",
    );
    expect(() => huggingFaceConfig(vit(base), { classNames: ["a"] })).toThrow(
      "huggingFaceConfig: classNames must be 3 names, as many as the head has classes, got 1",
    );
    expect(() => huggingFaceConfig(vit(base), { classNames: ["a", "", "b"] })).toThrow("a list of texts");
    const cranes = huggingFaceConfig(vit(base), { classNames: ["crane", "heron", "crane"] }); // a bird and a machine
    expect(cranes.label2id).toEqual({ crane: 2, heron: 1 }); // as transformers makes it of id2label
  });
});

describe("timmConfig", () => {
  test.each<[string, Partial<VitConfig>]>([
    ["plain", {}],
    [
      "of many parts",
      { regTokens: 2, initValues: 0.25, noEmbedClass: true, qkNorm: true, globalPool: "avg" },
    ],
    ["of a rectangle", { imageSize: [16, 24], mlpRatio: 49 / 24 }],
    ["gated", { mlpLayer: "swiglu_packed", mlpRatio: 128 / 24 }],
  ])("of a ViT %s is read back as the config that it is of", (_, more) => {
    const model = vit({ ...base, ...more });
    const json = JSON.parse(JSON.stringify(timmConfig(model, { classNames })));
    const { config, distilled } = configOf(model);
    const { epsilon: __, ...named } = config; // timm's, which is the default here too
    const found = configFromTimm(json);
    expect(found).toMatchObject({ config: named, distilled, classNames });
    expect(configOf(vit(found.config)).config).toEqual(config);
  });

  test("of a distilled model has both heads, and a hidden dimension that survives timm's rounding down", () => {
    expect(timmConfig(deit(base)).pretrained_cfg).toMatchObject({ classifier: ["head", "head_dist"] });
    for (let hidden = 1; hidden < 200; hidden++) {
      const json = timmConfig(vit({ ...base, dim: 21, depth: 1, mlpRatio: hidden / 21 }));
      expect(Math.trunc(21 * (json.model_args as { mlp_ratio: number }).mlp_ratio)).toBe(hidden);
    }
  });

  test("refuses what timm's config files cannot say", () => {
    const refused = (more: Partial<VitConfig>) => expect(() => timmConfig(vit({ ...base, ...more })));
    refused({ epsilon: 1e-5 }).toThrow("its epsilon of LayerNorm is 0.000001, got 0.00001");
    refused({ mlpLayer: "swiglu" }).toThrow("no model with mlpLayer 'swiglu'");
    refused({ globalPool: "token_avg" }).toThrow("timmConfig: timm cannot hold this model");
    refused({ headDim: 24 }).toThrow("timmConfig: timm cannot hold this model");
  });
});

describe("preprocessing", () => {
  test.each<[string, Preprocessing, string]>([
    ["whole pictures", WHOLE, "ViTImageProcessor"],
    [
      "a crop of a shortest edge",
      { ...WHOLE, resize: { shortestEdge: 36 }, centerCrop: [32, 32], resample: "bicubic" },
      "BitImageProcessor",
    ],
    [
      "a crop of both sides",
      { ...WHOLE, resize: { height: 40, width: 48 }, centerCrop: [32, 32] },
      "DeiTImageProcessor",
    ],
    ["pictures as they are", { resample: "nearest", rescale: 1, mean: [1], std: [2] }, "ViTImageProcessor"],
  ])("of %s is read back from transformers' file", (_, preprocessing, processor) => {
    const json = JSON.parse(JSON.stringify(preprocessorConfig(preprocessing)));
    expect(json.image_processor_type).toBe(processor);
    expect(preprocessingFromHuggingFace(json)).toEqual(preprocessing);
  });

  test("is read back from timm's file for every share that is cropped away", () => {
    for (const size of [16, 24, 32, 48, 224]) {
      const model = vit({ ...base, imageSize: size, depth: 1 });
      for (let edge = size; edge <= 2 * size; edge++) {
        const preprocessing: Preprocessing = {
          ...WHOLE,
          resize: { shortestEdge: edge },
          centerCrop: [size, size],
        };
        const { pretrained_cfg } = timmConfig(model, { preprocessing });
        expect(preprocessingFromTimm(JSON.parse(JSON.stringify(pretrained_cfg)))).toEqual(preprocessing);
      }
    }
    const whole = preprocessingFromTimm(timmConfig(vit(base), { preprocessing: WHOLE }).pretrained_cfg);
    expect(whole).toEqual({ ...WHOLE, centerCrop: [32, 32] });
  });

  test("has its sides in any order", () => {
    const { size } = preprocessorConfig({ ...WHOLE, resize: { width: 48, height: 40 } });
    expect(size).toEqual({ height: 40, width: 48 });
  });

  test("that timm's transforms cannot do, or that is not valid, is refused", () => {
    const refused = (more: Partial<Preprocessing>) =>
      expect(() => timmConfig(vit(base), { preprocessing: { ...WHOLE, ...more } }));
    refused({ rescale: 1 }).toThrow("timmConfig: preprocessing must have rescale 1/255 for timm, got 1");
    refused({ resize: { height: 40, width: 48 } }).toThrow("one share of both sides");
    refused({ centerCrop: [30, 30] }).toThrow("the crop [32, 32], which the model takes");
    refused({ std: [1] }).toThrow(
      "timmConfig: every mean needs a std above 0, got [0.485,0.456,0.406] and [1]",
    );
    expect(() => preprocessorConfig({ ...WHOLE, resample: "cubic" as never })).toThrow(
      "preprocessorConfig: resample must be",
    );
    expect(() => preprocessorConfig({ ...WHOLE, crop: 3 } as never)).toThrow(
      "preprocessorConfig: unknown option 'crop'",
    );
  });
});
