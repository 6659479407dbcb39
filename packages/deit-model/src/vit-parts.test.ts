// Each option of the config against timm: logits and the gradient of every parameter, computed by timm in float64.
import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { modelWeights } from "named-weights";
import { safetensorsBytes } from "safetensors-io";
import { siteOf } from "sample-keys";
import { errorOverLargest, fixturesOf, largestDifference, parity, tensorsOf } from "test-kit";
import { PARITY_BACKENDS, startParityBackend } from "test-kit/backends";
import { keptPatches } from "vit-blocks";
import { beforeAll, describe, expect, test } from "vitest";
import {
  createModel,
  deit,
  loadWeights,
  type PublishedModel,
  timmName,
  type VitConfig,
  vit,
  weightsBytes,
} from "./index.ts";

/** Relative to the largest value of a tensor; float32 through two blocks. */
const TOLERANCE = 2e-5;
const KEYS = [11, 22];

const SIZE = {
  imageSize: 16,
  patchSize: 4,
  dim: 8,
  heads: 2,
  mlpRatio: 2,
  classes: 3,
  init: "timm",
} as const;
const CASES: Readonly<Record<string, Partial<VitConfig>>> = {
  registers: { regTokens: 3, depth: 2 },
  "registers without positions": { regTokens: 3, noEmbedClass: true },
  LayerScale: { initValues: 1e-2 },
  qkNorm: { qkNorm: true },
  "no biases": { qkvBias: false, projBias: false },
  gelu_tanh: { actLayer: "gelu_tanh" },
  quick_gelu: { actLayer: "quick_gelu" },
  relu: { actLayer: "relu" },
  silu: { actLayer: "silu" },
  SwiGLU: { mlpLayer: "swiglu" },
  SwiGLUPacked: { mlpLayer: "swiglu_packed" },
  average: { globalPool: "avg" },
  "average of the norm": { globalPool: "avg", fcNorm: false, regTokens: 1 },
  "patch dropout": { patchDropRate: 0.4, depth: 2 },
  distilled: { initValues: 1e-2, qkNorm: true, mlpLayer: "swiglu", depth: 2 },
  deit3_small_patch16_224: {},
  vit_small_patch14_reg4_dinov2: {},
  all: {
    ...{ regTokens: 2, noEmbedClass: true, initValues: 1e-2, qkNorm: true, qkvBias: false, depth: 2 },
    ...{ mlpLayer: "swiglu_packed", actLayer: "gelu_tanh", globalPool: "avg", patchDropRate: 0.4 },
  },
};

const tensors = await tensorsOf(fixturesOf(import.meta.url).bytes("vit-parts.safetensors"));
const tensor = (name: string) => tf.tensor(tensors.get(name)!.data, tensors.get(name)!.shape);

/** The tensors of a case whose names begin with `<case>/<kind>/`, by timm's keys. */
const of = (name: string, kind: string) =>
  [...tensors].flatMap(([full, { shape, data }]) => {
    const prefix = `${name}/${kind}/`;
    return full.startsWith(prefix) ? [{ name: full.slice(prefix.length), shape, data }] : [];
  });

function built(name: string, changes: Partial<VitConfig> = {}): tfl.LayersModel {
  const config = { ...SIZE, depth: 1, ...CASES[name], ...changes };
  if (name.includes("patch1")) return createModel(name as PublishedModel, { ...config, headDim: 4 });
  return (name === "distilled" ? deit : vit)(config);
}

describe.each(PARITY_BACKENDS)("against timm on %s", (backend) => {
  const worst = { logits: 0, gradients: 0 };
  let compared = 0;
  beforeAll(() => startParityBackend(backend));

  test.each(Object.keys(CASES))("%s: logits and the gradients of all parameters", async (name) => {
    const model = built(name);
    const bytes = await safetensorsBytes(of(name, "weight"));
    const report = await loadWeights(model, bytes);
    expect(report.used.length).toBe(of(name, "gradient").length);
    expect(await tensorsOf(await weightsBytes(model, { names: "timm" }))).toEqual(await tensorsOf(bytes));

    const training = CASES[name]!.patchDropRate === undefined ? {} : { training: true, sampleKeys: KEYS };
    const variables = modelWeights("test", model, timmName);
    const images = tensor("images");
    let logits: tf.Tensor | undefined;
    const { grads } = tf.variableGrads(
      () => {
        const heads = [model.apply(images, training)].flat() as tf.Tensor[];
        logits = tf.keep(tf.stack(heads));
        const coefficients = tf.slice(tensor("coefficients"), [0, 0, 0], [heads.length, -1, -1]);
        return tf.sum(tf.mul(logits, coefficients)) as tf.Scalar;
      },
      [...variables.values()].map((variable) => variable.read() as tf.Variable),
    );
    // A model of the gradients, to be read by timm's names and in timm's layout.
    for (const variable of variables.values()) variable.write(grads[(variable.read() as tf.Variable).name]!);
    const gradients = await tensorsOf(await weightsBytes(model));
    // Softmax ignores what is added to all keys: the gradient of k_norm's bias is 0, and its error is relative to the gain's gradient.
    const largest = (key: string) =>
      Math.max(...tensors.get(`${name}/gradient/${key}`)!.data.map((x) => Math.abs(x)));
    const errors = of(name, "gradient").map(({ name: key, data }) => {
      const scale = largest(key.replace("k_norm.bias", "k_norm.weight"));
      return largestDifference(gradients.get(key)!.data, data) / scale;
    });
    const apart = errorOverLargest(logits!.dataSync() as Float32Array, tensors.get(`${name}/logits`)!.data);
    worst.logits = Math.max(worst.logits, apart);
    worst.gradients = Math.max(worst.gradients, ...errors);
    expect(Math.max(apart, ...errors)).toBeLessThan(TOLERANCE);
    compared++;
    model.dispose();
  });

  test.each(["registers", "registers without positions"])("%s at another resolution", async (name) => {
    const model = built(name, { imageSize: [24, 16] });
    const bytes = await safetensorsBytes(of(name, "weight"));
    const { interpolated } = await loadWeights(model, bytes, { adapt: ["positions"] });
    expect(interpolated).toEqual(["pos_embed"]);
    const images = tensor("images");
    const tall = tf.concat([images, tf.slice(images, [0, 0, 0, 0], [-1, 8, -1, -1])], 1);
    const logits = (model.predict(tall) as tf.Tensor).dataSync() as Float32Array;
    expect(errorOverLargest(logits, tensors.get(`${name}/wide`)!.data)).toBeLessThan(TOLERANCE);
    model.dispose();
  });

  test("all of them are on the page", () => {
    expect(compared).toBe(Object.keys(CASES).length);
    const row = { reference: "timm", version: "1.0.31", backend, tolerance: TOLERANCE };
    const item = `ViT with registers, LayerScale, qkNorm, no biases, each activation, SwiGLU, average pooling, patch dropout, DeiT III, DINOv2 with registers: ${compared} models`;
    parity({ ...row, item: `${item}: logits (relative to the largest)`, measured: worst.logits });
    parity({
      ...row,
      item: `${item}: gradient of every parameter (relative to the largest of each)`,
      measured: worst.gradients,
    });
  });
});

test("patch dropout keeps the patches that timm's had", () => {
  const site = siteOf("patch_drop");
  expect(keptPatches({ rate: 0.4, patches: 16, sampleKeys: KEYS, site })).toEqual([
    [0, 3, 4, 5, 6, 7, 10, 11, 12],
    [0, 1, 3, 4, 5, 9, 10, 11, 13],
  ]);
});
