// Each family by the names of timm and of transformers, and what they compute, at other resolutions too.
import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { modelWeights } from "named-weights";
import { safetensorsBytes, type TensorToWrite } from "safetensors-io";
import { fixturesOf, largestDifference, parity, tensorsOf } from "test-kit";
import { PARITY_BACKENDS, startParityBackend } from "test-kit/backends";
import { beforeAll, describe, expect, test } from "vitest";
import { loadWeights, timmName, type VitConfig, vit } from "../index.ts";

const TOLERANCE = 1e-5;
const SIZES = ["16x16", "24x24", "12x20", "8x32"] as const;
const fixture = await tensorsOf(fixturesOf(import.meta.url).bytes("names.safetensors"));

const size: VitConfig = {
  ...{ imageSize: 16, patchSize: 4, dim: 12, depth: 2, heads: 3, mlpRatio: 2, classes: 5 },
};
const face: VitConfig = { ...size, epsilon: 1e-12 };
const gated = { mlpLayer: "swiglu_packed", noEmbedClass: true } as const;
/** 12 · 3 · 2/3, rounded up to a multiple of 8, twice. */
const registers: VitConfig = { ...size, ...gated, regTokens: 4, initValues: 1, mlpRatio: 48 / 12 };

const CASES: Readonly<
  Record<string, readonly [VitConfig, names: "timm" | "huggingface", skipped?: readonly string[]]>
> = {
  "timm-augreg": [size, "timm"],
  "timm-deit3": [{ ...size, noEmbedClass: true, initValues: 1 }, "timm"],
  "timm-dinov2": [{ ...size, initValues: 1, classes: 0 }, "timm"],
  "timm-dinov2-reg4": [{ ...size, initValues: 1, regTokens: 4, noEmbedClass: true, classes: 0 }, "timm"],
  "dinov2-own": [{ ...size, ...gated, initValues: 1, regTokens: 4, classes: 0 }, "timm", ["mask_token"]],
  "face-vit": [{ ...face, classes: 0 }, "huggingface", ["pooler.dense.bias", "pooler.dense.weight"]],
  "face-deit-one-head": [{ ...face, regTokens: 1 }, "huggingface"],
  "face-dinov2": [{ ...size, initValues: 1, classes: 0 }, "huggingface", ["embeddings.mask_token"]],
  "face-dinov2-head": [
    { ...size, initValues: 1, globalPool: "token_avg" },
    "huggingface",
    ["dinov2.embeddings.mask_token"],
  ],
  "face-registers": [
    { ...size, initValues: 1, regTokens: 2, noEmbedClass: true, classes: 0 },
    "huggingface",
    ["embeddings.mask_token"],
  ],
  "face-registers-head": [
    { ...registers, globalPool: "token_avg" },
    "huggingface",
    ["dinov2_with_registers.embeddings.mask_token"],
  ],
  "face-registers-layers": [
    { ...registers, globalPool: "token_avg" },
    "huggingface",
    ["dinov2_with_registers.embeddings.mask_token"],
  ],
};

/** The file of a case. */
function fileOf(
  name: string,
  change = (tensor: TensorToWrite): TensorToWrite => tensor,
): Promise<Uint8Array> {
  const tensors = [...fixture].flatMap(([key, tensor]) =>
    key.startsWith(`${name}/`) ? [change({ ...tensor, name: key.slice(name.length + 1) })] : [],
  );
  return safetensorsBytes(tensors);
}

function outputOf(model: tfl.LayersModel, at: string): Float32Array {
  const { data, shape } = fixture.get(`images@${at}`)!;
  return tf.tidy(() => (model.predict(tf.tensor(data, shape)) as tf.Tensor).dataSync()) as Float32Array;
}

function numbersOf(model: tfl.LayersModel, key: string): number[] {
  return [...modelWeights("test", model, timmName).get(key)!.read().dataSync()];
}

describe.each(PARITY_BACKENDS)("names on %s", (backend) => {
  beforeAll(() => startParityBackend(backend));

  test.each(Object.entries(CASES))(
    "%s gives the library's output at each size",
    async (name, [config, names, skipped = []]) => {
      let measured = 0;
      for (const at of SIZES) {
        const imageSize = at.split("x").map(Number) as [number, number];
        const model = vit({ ...config, imageSize });
        const resized = at !== "16x16";
        const adapt = ["extra", ...(resized ? ["positions" as const] : [])] as const;
        const report = await loadWeights(model, await fileOf(name), { adapt });
        expect(report).toMatchObject({ names, kept: [], interpolated: resized ? ["pos_embed"] : [] });
        expect([...report.skipped].sort()).toEqual(skipped);
        const { data } = fixture.get(`${name}@${at}`)!;
        measured = Math.max(measured, largestDifference(outputOf(model, at), data));
        model.dispose();
      }
      const library = names === "timm" ? ["timm", "1.0.31"] : ["transformers", "5.24.0"];
      const [reference, version] = library as [string, string];
      const item = `outputs of a saved file, loaded at four sizes: ${name}`;
      parity({ reference, version, tolerance: TOLERANCE, item, backend, measured });
    },
  );
});

test("transformers' mask token needs no adaptation, its pooler and DINOv2's own mask token do", async () => {
  await loadWeights(vit(CASES["face-dinov2"]![0]), await fileOf("face-dinov2"));
  for (const [name, key] of [
    ["face-vit", "pooler"],
    ["dinov2-own", "mask_token"],
  ] as const) {
    await expect(loadWeights(vit(CASES[name]![0]), await fileOf(name))).rejects.toThrow(
      new RegExp(`unexpected: .*${key}.*; some of it is accepted with adapt: \\["extra"\\]`),
    );
  }
});

test("a class token has its position in it where the model has none, to the bit", async () => {
  const model = vit(CASES["face-registers"]![0]);
  await loadWeights(model, await fileOf("face-registers"));
  const [token, positions] = ["cls_token", "position_embeddings"].map(
    (key) => fixture.get(`face-registers/embeddings.${key}`)!.data,
  ) as [Float32Array, Float32Array];
  expect(numbersOf(model, "cls_token")).toEqual([...token].map((x, i) => Math.fround(x + positions[i]!)));
  expect(numbersOf(model, "pos_embed")).toEqual([...positions.subarray(12)]);
  expect(numbersOf(model, "reg_token")).toEqual([
    ...fixture.get("face-registers/embeddings.register_tokens")!.data,
  ]);
});

test("registers with positions get zeros where the file has none, and compute the same", async () => {
  const config = CASES["face-registers"]![0];
  const model = vit({ ...config, noEmbedClass: false });
  await loadWeights(model, await fileOf("face-registers"));
  expect(numbersOf(model, "pos_embed").slice(12, 36)).toEqual(Array(24).fill(0));
  expect(largestDifference(outputOf(model, "16x16"), fixture.get("face-registers@16x16")!.data)).toBeLessThan(
    TOLERANCE,
  );
});

test("ten patches in another shape are no nine and a class token", async () => {
  // 3×3 + 1 rows are not the model's 2×5: the file's positions begin with the class token's
  const config = { ...CASES["face-registers"]![0], imageSize: [8, 20] } as const;
  const file = () =>
    fileOf("face-registers", (tensor) =>
      tensor.name.endsWith("position_embeddings")
        ? { ...tensor, shape: [1, 10, 12], data: (tensor.data as Float32Array).slice(0, 120) }
        : tensor,
    );
  await expect(loadWeights(vit(config), await file())).rejects.toThrow(
    "the file has 3x3 patches, the model 2x5",
  );
  const { interpolated } = await loadWeights(vit(config), await file(), { adapt: ["positions"] });
  expect(interpolated).toEqual(["pos_embed"]);
});

test("parts are selected from a larger DINOv2, the token's position with it", async () => {
  const small = vit({ ...CASES["face-registers"]![0], dim: 6, heads: 3, depth: 1 });
  await loadWeights(small, await fileOf("face-registers"), { adapt: ["selection"] });
  const large = vit(CASES["face-registers"]![0]);
  await loadWeights(large, await fileOf("face-registers"));
  for (const key of ["cls_token", "pos_embed"]) {
    expect(numbersOf(small, key)).toEqual(numbersOf(large, key).filter((_, i) => i % 2 === 0));
  }
});

test("DeiT III's own names of LayerScale are timm's", async () => {
  const [a, b] = [vit(CASES["timm-deit3"]![0]), vit(CASES["timm-deit3"]![0])];
  await loadWeights(a, await fileOf("timm-deit3"));
  const rename = (name: string) => name.replace(/ls(\d)\.gamma/, "gamma_$1");
  await loadWeights(b, await fileOf("timm-deit3", (tensor) => ({ ...tensor, name: rename(tensor.name) })));
  expect(numbersOf(b, "blocks.1.ls2.gamma")).toEqual(numbersOf(a, "blocks.1.ls2.gamma"));
});

test("what computes something else is refused by name", async () => {
  const configOf = (name: string) => CASES[name]![0];
  const [dino, plain, one] = ["face-dinov2", "timm-augreg", "face-deit-one-head"].map(configOf);
  const load = async (
    config: Partial<VitConfig> | undefined,
    name: string,
    extra: readonly TensorToWrite[] = [],
  ) => {
    const own = [...fixture].filter(([key]) => key.startsWith(`${name}/`));
    const tensors = own.map(([key, tensor]) => ({ ...tensor, name: key.slice(name.length + 1) }));
    return loadWeights(vit({ ...size, ...config }), await safetensorsBytes([...tensors, ...extra]), {
      adapt: ["extra", "positions"],
    });
  };
  const fc = { name: "pre_logits.fc.weight", shape: [12, 12], data: new Float32Array(144) };
  await expect(load(plain, "timm-augreg", [fc])).rejects.toThrow("unexpected: pre_logits.fc.weight");
  await expect(load({ ...dino, initValues: undefined! }, "face-dinov2")).rejects.toThrow(
    /unexpected: encoder.layer.0.layer_scale1.lambda1/,
  );
  await expect(load({ ...dino, regTokens: 4 }, "face-dinov2")).rejects.toThrow(
    "missing: dinov2_with_registers.embeddings.register_tokens",
  );
  await expect(load({ ...dino, globalPool: "token_avg", classes: 5 }, "face-dinov2")).rejects.toThrow(
    "missing: classifier.weight",
  );
  await expect(load({ ...one, regTokens: 2 }, "face-deit-one-head")).rejects.toThrow(
    /distillation_token: expected \[1,2,12\]/,
  );
  await expect(load(plain, "face-deit-one-head")).rejects.toThrow(/distillation_token/);
});
