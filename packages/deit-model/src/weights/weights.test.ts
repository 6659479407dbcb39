import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { modelWeights } from "named-weights";
import { safetensorsBytes, streamSource, type TensorToWrite } from "safetensors-io";
import { emptyFolder, fixturesOf, largestDifference, noise, parity, tensorsOf } from "test-kit";
import { PARITY_BACKENDS, startParityBackend } from "test-kit/backends";
import { startBackend } from "tfjs-backends";
import { beforeAll, describe, expect, test } from "vitest";
import {
  type Adaptation,
  averageHeads,
  config,
  deit,
  loadWeights,
  timmName,
  type VitConfig,
  vit,
  weightsBytes,
  weightTensors,
} from "../index.ts";
import { loadWeightsFile, saveWeightsFile } from "../node.ts";

const { bytes: fixture, url: fixtureUrl } = fixturesOf(import.meta.url);

/** float32 through two blocks, logits of size 1 to 5. */
const TOLERANCE = 1e-5;

const small: VitConfig = {
  ...{ imageSize: 32, patchSize: 8, dim: 24, depth: 2, heads: 3, mlpRatio: 2, classes: 7 },
  init: "timm",
};
/** transformers' own default. */
const face: VitConfig = { ...small, epsilon: 1e-12 };
const TIMM = { reference: "timm", version: "1.0.31", tolerance: TOLERANCE };
const TRANSFORMERS = { reference: "transformers", version: "5.24.0", tolerance: TOLERANCE };
const expected = await tensorsOf(fixture("weights-expected.safetensors"));

const square: VitConfig = {
  imageSize: 96,
  patchSize: 4,
  dim: 8,
  depth: 1,
  heads: 2,
  mlpRatio: 2,
  classes: 3,
};

function logitsOn(model: tfl.LayersModel, images: string): number[] {
  const { data, shape } = expected.get(images)!;
  return tf.tidy(() =>
    [model.predict(tf.tensor(data, shape))].flat().flatMap((head) => [...head.dataSync()]),
  );
}

function snapshot(model: tfl.LayersModel): Map<string, number[]> {
  return new Map(
    [...modelWeights("test", model, timmName)].map(([key, variable]) => [
      key,
      [...variable.read().dataSync()],
    ]),
  );
}

/** Weights that any machine computes to the same bits. */
function fill(model: tfl.LayersModel): void {
  const numbers = noise(model.countParams(), 1);
  let at = 0;
  for (const [key, variable] of modelWeights("test", model, timmName)) {
    const gain = /norm\d?\.weight$/.test(key) ? 1 : 0;
    const shape = variable.shape as number[];
    const data = numbers.slice(at, at + tf.util.sizeFromShape(shape)).map((x) => gain + 0.375 * x);
    at += data.length;
    const value = tf.tensor(data, shape);
    variable.write(value);
    value.dispose();
  }
}

/** A fixture's tensors, to be changed and written again. */
async function edited(
  name: string,
  change: (tensors: Map<string, TensorToWrite>) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const tensors = new Map<string, TensorToWrite>(
    [...(await tensorsOf(fixture(name)))].map(([key, tensor]) => [key, { name: key, ...tensor }]),
  );
  change(tensors);
  return safetensorsBytes([...tensors.values()]);
}

const FILES = [
  ["timm-distilled-f32", deit, small, { names: "timm", dtype: "F32" }],
  ["timm-distilled-f16", deit, small, { names: "timm", dtype: "F16" }],
  ["timm-distilled-bf16", deit, small, { names: "timm", dtype: "BF16" }],
  ["timm-plain-f32", vit, small, { names: "timm", dtype: "F32" }],
  ["huggingface-distilled-f32", deit, face, { names: "huggingface", dtype: "F32" }],
  ["huggingface-distilled-f16", deit, face, { names: "huggingface", dtype: "F16" }],
  ["huggingface-distilled-bf16", deit, face, { names: "huggingface", dtype: "BF16" }],
  ["huggingface-plain-f32", vit, face, { names: "huggingface", dtype: "F32" }],
] as const;

describe.each(PARITY_BACKENDS)("weights on %s", (backend) => {
  beforeAll(() => startParityBackend(backend));

  test.each(FILES)(
    "%s gives PyTorch's logits and is written again to the byte",
    async (name, build, config, saved) => {
      const model = build(config);
      const before = tf.memory().numTensors;
      const bytes = fixture(`${name}.safetensors`);
      const report = await loadWeights(model, bytes);
      expect(tf.memory().numTensors).toBe(before);
      expect(report.names).toBe(saved.names);
      expect([...report.used].sort()).toEqual([...snapshot(model).keys()].sort());
      expect([report.interpolated, report.kept, report.skipped]).toEqual([[], [], []]);

      const measured = largestDifference(logitsOn(model, "images"), expected.get(name)!.data);
      const item = `logits of a saved file, loaded: ${name}`;
      parity({ ...(saved.names === "timm" ? TIMM : TRANSFORMERS), item, backend, measured });
      expect(Buffer.compare(await weightsBytes(model, saved), bytes)).toBe(0);
      model.dispose();
    },
  );

  test.each([
    [
      "PyTorch's .pth of facebookresearch/deit",
      "timm-distilled.pth",
      "timm-distilled-f32.safetensors",
      "model",
    ],
    [
      "the folder of several files",
      "huggingface-distilled",
      "huggingface-distilled-f32.safetensors",
      undefined,
    ],
    [
      "its index",
      "huggingface-distilled/model.safetensors.index.json",
      "huggingface-distilled-f32.safetensors",
      undefined,
    ],
  ])("%s has the weights of the one safetensors file, to the bit", async (_, path, file, part) => {
    const [one, two] = [deit(small), deit(small)];
    const expected = await loadWeightsFile(one, fileURLToPath(fixtureUrl(file)));
    const report = await loadWeightsFile(two, fileURLToPath(fixtureUrl(path)));
    expect(snapshot(two)).toEqual(snapshot(one));
    expect(report.part).toBe(part);
    expect([...report.used].sort()).toEqual([...expected.used].sort());
    expect([report.kept, report.skipped]).toEqual([[], []]);
    one.dispose();
    two.dispose();
  });

  test("the names that transformers 5 has in memory are the same weights", async () => {
    const [a, b] = [deit(face), deit(face)];
    await loadWeights(a, fixture("huggingface-distilled-f32.safetensors"));
    await loadWeights(b, new Blob([fixture("huggingface-distilled-layers.safetensors")]));
    expect(snapshot(b)).toEqual(snapshot(a));
  });

  test("files of ours give the same logits in timm and in transformers", async () => {
    const model = deit(small);
    fill(model);
    for (const names of ["timm", "huggingface"] as const) {
      const bytes = await weightsBytes(model, { names });
      const url = fixtureUrl(`ours-${names}.safetensors`);
      if (process.env.UPDATE_FIXTURES) writeFileSync(url, bytes); // then run torch_weights.py
      expect(Buffer.compare(bytes, readFileSync(url))).toBe(0);
    }
    const ours = logitsOn(model, "images");
    for (const [reader, theirs] of await tensorsOf(fixture("ours-expected.safetensors"))) {
      const measured = largestDifference(ours, theirs.data);
      const item = `logits of our file, loaded there: ${reader}`;
      parity({ ...(reader.includes("timm") ? TIMM : TRANSFORMERS), item, backend, measured });
    }
  });

  test("another resolution gives timm's logits", async () => {
    const model = deit({ ...small, imageSize: [48, 40] });
    const bytes = fixture("timm-distilled-f32.safetensors");
    await expect(loadWeights(model, bytes)).rejects.toThrow(
      'mismatched: pos_embed: expected [1,32,24], found [1,18,24]; some of it is accepted with adapt: ["positions"]',
    );
    const report = await loadWeights(model, bytes, { adapt: ["positions"] });
    expect(report.interpolated).toEqual(["pos_embed"]);
    const theirs = expected.get("timm-distilled-f32-48x40")!.data;
    const measured = largestDifference(logitsOn(model, "images-48x40"), theirs);
    parity({
      ...TIMM,
      item: "logits of a file loaded at another resolution: 32×32 to 48×40",
      backend,
      measured,
    });
    const timm = snapshot(model).get("pos_embed")!;
    await loadWeights(model, bytes, { adapt: ["positions"], positionFilter: "bicubic" });
    expect(largestDifference(snapshot(model).get("pos_embed")!, timm)).toBeGreaterThan(0.01);
  });

  test("a grid that is not square is loaded as it is, or interpolated where the file's is given", async () => {
    const [wide, tall] = [vit({ ...small, imageSize: [16, 64] }), vit({ ...small, imageSize: [64, 16] })];
    fill(wide);
    const bytes = await weightsBytes(wide);
    await expect(loadWeights(tall, bytes)).rejects.toThrow(
      "pos_embed: the file has 2x8 patches, the model 8x2 (if the file has them too: fileGrid: [8, 2])",
    ); // the file says so
    const { interpolated } = await loadWeights(tall, bytes, { adapt: ["positions"] });
    expect(interpolated).toEqual(["pos_embed"]);
    expect(snapshot(tall)).not.toEqual(snapshot(wide));
    expect((await loadWeights(wide, bytes)).interpolated).toEqual([]);
    await loadWeights(tall, bytes, { fileGrid: [8, 2] }); // what the caller says counts more
    expect(snapshot(tall)).toEqual(snapshot(wide));
    await expect(loadWeights(tall, bytes, { fileGrid: [3, 5], adapt: ["positions"] })).rejects.toThrow(
      "pos_embed: the file's patches do not make the grid that it or fileGrid says",
    );
    const wrong = await safetensorsBytes(weightTensors(wide), { metadata: { patch_grid: "wide" } });
    await expect(loadWeights(wide, wrong)).rejects.toThrow("do not make the grid");
  });

  test("as many patches that say nothing are a square, or as the model's where they make none", async () => {
    const [wide, tall] = [vit({ ...small, imageSize: [16, 64] }), vit({ ...small, imageSize: [64, 16] })];
    fill(wide);
    const silent = await safetensorsBytes(weightTensors(wide));
    await expect(loadWeights(tall, silent)).rejects.toThrow("the file has 4x4 patches, the model 8x2");
    await expect(loadWeights(wide, silent)).rejects.toThrow("the file has 4x4 patches, the model 2x8");
    const odd = vit({ ...small, imageSize: [16, 24] });
    expect((await loadWeights(odd, await safetensorsBytes(weightTensors(odd)))).interpolated).toEqual([]);
  });

  test.each([
    ["timm", TIMM],
    ["huggingface", TRANSFORMERS],
  ] as const)(
    "24×24 patches of %s at 18×32, as many in another shape, give its logits",
    async (names, row) => {
      const theirs = await tensorsOf(fixture("resolutions-expected.safetensors"));
      const model = vit({ ...square, imageSize: [72, 128] });
      const bytes = fixture(`square-${names}.safetensors`);
      await expect(loadWeights(model, bytes)).rejects.toThrow("the file has 24x24 patches, the model 18x32");
      await loadWeights(model, bytes, { adapt: ["positions"] });
      const image = theirs.get("image")!;
      const logits = (model.predict(tf.tensor(image.data, image.shape)) as tf.Tensor).dataSync();
      const item = `logits at 18×32 patches of a file of 24×24: ${names} names`;
      parity({ ...row, item, backend, measured: largestDifference(logits, theirs.get(names)!.data) });
    },
  );

  test("with no classes a model gives timm's features", async () => {
    const theirs = await tensorsOf(fixture("resolutions-expected.safetensors"));
    const model = vit({ ...square, classes: 0 });
    const bytes = fixture("square-timm.safetensors");
    await expect(loadWeights(model, bytes)).rejects.toThrow(
      'unexpected: head.bias, head.weight; some of it is accepted with adapt: ["classes"]',
    );
    const { skipped } = await loadWeights(model, bytes, { adapt: ["classes"] });
    expect([...skipped].sort()).toEqual(["head.bias", "head.weight"]);
    expect(model.outputNames).toEqual(["classification_head"]);
    const { data, shape } = theirs.get("square")!;
    const features = (model.predict(tf.tensor(data, shape)) as tf.Tensor).dataSync();
    const item = "features with num_classes=0";
    parity({ ...TIMM, item, backend, measured: largestDifference(features, theirs.get("features")!.data) });
    const both = deit({ ...small, classes: 0 });
    expect(both.outputNames).toEqual(["classification_head", "distillation_head"]);
    expect(averageHeads(both).outputs[0]!.shape).toEqual([null, small.dim]);
  });

  test.each(["module.", "model.", "_orig_mod.", "module._orig_mod."])(
    "the prefix %s, which all names have, is left out",
    async (prefix) => {
      const [a, b] = [deit(face), deit(face)];
      const bytes = fixture("huggingface-distilled-f32.safetensors");
      await loadWeights(a, bytes);
      const wrapped = await tensorsOf(bytes);
      const tensors = [...wrapped].map(([name, tensor]) => ({ name: prefix + name, ...tensor }));
      const { names, used } = await loadWeights(b, await safetensorsBytes(tensors));
      expect([names, used.length]).toEqual(["huggingface", a.weights.length]);
      expect(snapshot(b)).toEqual(snapshot(a));
      tensors[0] = { ...tensors[0]!, name: tensors[0]!.name.slice(prefix.length) };
      await expect(loadWeights(b, await safetensorsBytes(tensors))).rejects.toThrow("unexpected: ");
    },
  );

  test("heads for other classes are kept, all else is used", async () => {
    const model = deit({ ...small, classes: 5 });
    const own = snapshot(model);
    const bytes = fixture("huggingface-distilled-f16.safetensors");
    await expect(loadWeights(model, bytes)).rejects.toThrow(
      "mismatched: cls_classifier.weight: expected [5,24], found [7,24], cls_classifier.bias: expected [5], found [7],",
    );
    const report = await loadWeights(model, bytes, { adapt: ["classes"] });
    const heads = ["head.weight", "head.bias", "head_dist.weight", "head_dist.bias"];
    expect([...report.kept].sort()).toEqual([...heads].sort());
    expect(report.skipped).toHaveLength(4);
    expect(report.skipped).toContain("distillation_classifier.bias");
    for (const [key, values] of snapshot(model)) {
      if (heads.includes(key)) expect(values).toEqual(own.get(key));
      else expect(report.used).toContain(key);
    }
  });

  test("a plain file starts a distilled model, which keeps what distillation adds", async () => {
    const [model, plain] = [deit(small), vit(small)];
    const own = snapshot(model);
    const bytes = fixture("timm-plain-f32.safetensors");
    await expect(loadWeights(model, bytes)).rejects.toThrow(
      'missing: dist_token, head_dist.weight, head_dist.bias; some of it is accepted with adapt: ["distillation"]',
    );
    expect(snapshot(model)).toEqual(own);
    const report = await loadWeights(model, bytes, { adapt: ["distillation"] });
    await loadWeights(plain, bytes);
    expect([...report.kept].sort()).toEqual([
      "dist_token",
      "head_dist.bias",
      "head_dist.weight",
      "pos_embed[0, 1]",
    ]);
    const [got, from] = [snapshot(model), snapshot(plain)];
    expect(got.get("dist_token")).toEqual(own.get("dist_token"));
    expect(got.get("head.weight")).toEqual(from.get("head.weight"));
    const [rows, file] = [got.get("pos_embed")!, from.get("pos_embed")!];
    expect(rows.slice(0, 24)).toEqual(file.slice(0, 24));
    expect(rows.slice(24, 48)).toEqual(own.get("pos_embed")!.slice(24, 48));
    expect(rows.slice(48)).toEqual(file.slice(24));

    const back = await loadWeights(plain, fixture("timm-distilled-f32.safetensors"), {
      adapt: ["distillation"],
    });
    expect([...back.skipped].sort()).toEqual(["dist_token", "head_dist.bias", "head_dist.weight"]);
    expect(snapshot(plain).get("pos_embed")).toHaveLength(17 * 24);
  });

  test("files, streams and the mean of heads work like bytes", async () => {
    const folder = await emptyFolder();
    const path = join(folder, "model.safetensors");
    const [a, b, c] = [deit(small), deit(small), deit(small)];
    fill(a);
    await saveWeightsFile(a, path, { names: "huggingface" });
    await loadWeightsFile(averageHeads(b), path); // over b's weights
    expect(snapshot(b)).toEqual(snapshot(a));
    const bytes = readFileSync(path);
    const stream = new Blob([bytes]).stream();
    await loadWeights(c, streamSource(stream, { size: bytes.byteLength }));
    expect(snapshot(c)).toEqual(snapshot(a));
    await expect(saveWeightsFile(a, path, { dtype: "F64" as "F32" })).rejects.toThrow("got 'F64'");
    expect(readFileSync(path).equals(bytes)).toBe(true);
    rmSync(path);
    await expect(loadWeightsFile(a, path)).rejects.toThrow(path);
  });
});

describe("a file that does not fit loads nothing", () => {
  beforeAll(async () => {
    await startBackend("cpu");
  });

  const everything: readonly Adaptation[] = ["classes", "distillation", "positions", "extra"];
  const set = (name: string, shape: number[]) => (tensors: Map<string, TensorToWrite>) =>
    tensors.set(name, { name, shape, data: new Float32Array(tf.util.sizeFromShape(shape)) });
  const cases: [
    string,
    string,
    (tensors: Map<string, TensorToWrite>) => void,
    readonly Adaptation[],
    string | RegExp,
  ][] = [
    [
      "another matrix",
      "timm-plain-f32",
      set("blocks.1.attn.qkv.weight", [576, 192]),
      everything,
      "mismatched: blocks.1.attn.qkv.weight: expected [72,24], found [576,192]",
    ],
    [
      "a transposed matrix",
      "timm-plain-f32",
      set("blocks.0.mlp.fc1.weight", [24, 48]),
      everything,
      "mismatched: blocks.0.mlp.fc1.weight: expected [48,24], found [24,48]",
    ],
    [
      "heads of another width",
      "timm-plain-f32",
      set("head.weight", [7, 192]),
      everything,
      "mismatched: head.weight: expected [7,24], found [7,192]",
    ],
    [
      "positions of another width",
      "timm-plain-f32",
      set("pos_embed", [1, 17, 192]),
      everything,
      "mismatched: pos_embed: expected [1,17,24], found [1,17,192]",
    ],
    [
      "positions that are no square",
      "timm-plain-f32",
      set("pos_embed", [1, 12, 24]),
      everything,
      "mismatched: pos_embed: expected [1,17,24], found [1,12,24]",
    ],
    [
      "a missing tensor",
      "timm-plain-f32",
      (tensors) => tensors.delete("norm.bias"),
      everything,
      "missing: norm.bias",
    ],
    [
      "a missing third",
      "huggingface-plain-f32",
      (tensors) => tensors.delete("vit.encoder.layer.0.attention.attention.key.bias"),
      everything,
      "mismatched: blocks.0.attn.qkv.bias: k is missing",
    ],
    [
      "a missing tensor, in the file's names",
      "huggingface-plain-f32",
      (tensors) => tensors.delete("vit.encoder.layer.0.output.dense.bias"),
      everything,
      "missing: vit.encoder.layer.0.output.dense.bias",
    ],
    [
      "a missing head",
      "timm-plain-f32",
      (tensors) => tensors.delete("head.bias"),
      [],
      'missing: head.bias; some of it is accepted with adapt: ["classes"]',
    ],
    [
      "another tensor",
      "timm-plain-f32",
      set("blocks.2.norm1.weight", [24]),
      ["classes"],
      'unexpected: blocks.2.norm1.weight; some of it is accepted with adapt: ["selection"]',
    ],
    ...[
      "blocks.2.norm1.weight",
      "blocks.0.ls1.gamma",
      "blocks.0.attn.q_norm.weight",
      "blocks.0.attn.k_norm.bias",
      "blocks.1.mlp.head_scale",
      "reg_token",
      "norm_pre.weight",
      "fc_norm.weight",
      "pre_logits.fc.weight",
      "attn_pool.latent",
      "rel_pos_bias.relative_position_bias_table",
      "vit.encoder.layer.2.output.dense.bias",
      "vit.layers.2.norm.classifier",
    ].map(
      (name) =>
        [
          `${name}, whatever is accepted`,
          "timm-plain-f32",
          set(name, [24]),
          everything,
          `unexpected: ${name}`,
        ] as (typeof cases)[number],
    ),
    [
      "a pooler",
      "huggingface-plain-f32",
      set("vit.pooler.dense.weight", [24, 24]),
      ["classes"],
      'unexpected: vit.pooler.dense.weight; some of it is accepted with adapt: ["extra"]',
    ],
    [
      "NaN and infinities",
      "timm-plain-f32",
      (tensors) =>
        tensors.set("norm.bias", {
          name: "norm.bias",
          shape: [24],
          data: Float32Array.from({ length: 24 }, (_, i) => (i < 3 ? Number.NaN : i < 5 ? 1 / 0 : 0)),
        }),
      everything,
      'tensor "norm.bias" has 3 NaN and 2 infinite among 24 numbers',
    ],
    [
      "one place twice",
      "huggingface-plain-f32",
      set("norm.bias", [24]),
      everything,
      "two tensors for one place: vit.layernorm.bias",
    ],
  ];
  test.each(cases)("%s", async (_, file, change, adapt, message) => {
    const model = vit(small);
    const own = snapshot(model);
    const tensors = tf.memory().numTensors;
    const loading = loadWeights(model, await edited(`${file}.safetensors`, change), { adapt });
    await expect(loading).rejects.toThrow(
      /^loadWeights: safetensors bytes(:| is not for this model,) nothing was loaded/,
    );
    await expect(loading).rejects.toThrow(message);
    expect(snapshot(model)).toEqual(own);
    expect(tf.memory().numTensors).toBe(tensors);
  });

  test("another model's file names the first five of each kind", async () => {
    const model = deit({ ...small, dim: 48, depth: 3 });
    const loading = loadWeights(model, fixture("timm-plain-f32.safetensors"), { adapt: everything });
    await expect(loading).rejects.toThrow(
      /mismatched: patch_embed\.proj\.weight: expected \[48,3,8,8\], found \[24,3,8,8\], .* and 26 more; missing: blocks\.2\.norm1\.weight, .* and 7 more$/,
    );
  });

  test("a cut file", async () => {
    const model = vit(small);
    const own = snapshot(model);
    const whole = fixture("timm-plain-f32.safetensors");
    for (const bytes of [
      whole.subarray(0, 5),
      whole.subarray(0, 2000),
      whole.subarray(0, whole.length - 1),
    ]) {
      await expect(loadWeights(model, bytes)).rejects.toThrow("openSafetensors: safetensors bytes: ");
    }
    const ends = new Blob([whole.subarray(0, 30_000)]).stream(); // the length was right, the connection broke
    await expect(loadWeights(model, streamSource(ends, { size: whole.length }))).rejects.toThrow(
      "the stream ended after 30000",
    );
    expect(snapshot(model)).toEqual(own);
  });

  test("tensors of integers", async () => {
    const text = new TextDecoder("latin1").decode(fixture("timm-plain-f32.safetensors"));
    const bytes = Uint8Array.from(
      text.replace('"norm.bias":{"dtype":"F32"', '"norm.bias":{"dtype":"I32"'),
      (letter) => letter.charCodeAt(0),
    );
    await expect(loadWeights(vit(small), bytes)).rejects.toThrow(
      "norm.bias: expected F32, F16, BF16 or F64, found I32",
    );
  });

  test("a model that a library cannot hold is refused under its names, and is written without", async () => {
    const keras = deit({ ...config.keras, imageSize: 32, depth: 1, classes: 2 });
    const folder = await emptyFolder();
    for (const names of ["huggingface", "timm"] as const) {
      await expect(saveWeightsFile(keras, join(folder, "student.safetensors"), { names })).rejects.toThrow(
        "blocks.0.attn.qkv.weight must be [576,192], heads as wide as dim together, got [1728,192]",
      );
    }
    expect(readdirSync(folder)).toEqual([]);
    const wide = vit({ ...small, headDim: 24 });
    for (const [names, library] of [
      ["timm", "timm"],
      ["huggingface", "transformers"],
    ] as const) {
      const refused = `weightTensors: ${library} cannot hold this model: `;
      expect(() => weightTensors(wide, { names })).toThrow(
        `${refused}blocks.0.attn.qkv.weight must be [72,24], heads as wide as dim together, got [216,24]`,
      );
      const head = wide.getLayer("classification_head");
      const longer = tfl.model({ inputs: wide.inputs, outputs: deeper(head.output as tfl.SymbolicTensor) });
      expect(() => weightTensors(longer, { names })).toThrow(`${refused}it has no place for mine.weight`);
    }
    const other = vit(small);
    await loadWeights(vit({ ...small, headDim: 24 }), await weightsBytes(wide));
    expect(() => weightTensors(other, { names: "timm" })).not.toThrow();
    expect(() => weightTensors(vit({ ...small, classes: 0 }), { names: "huggingface" })).not.toThrow();
  });

  test("options that are none", async () => {
    const bytes = fixture("timm-plain-f32.safetensors");
    const adapt = ["all" as Adaptation];
    await expect(loadWeights(vit(small), bytes, { adapt })).rejects.toThrow("adapt must be of classes, ");
    await expect(loadWeights(vit(small), bytes, { adapts: adapt } as never)).rejects.toThrow(
      "loadWeights: unknown option 'adapts'; did you mean 'adapt'?",
    );
    await expect(loadWeights(vit(small), undefined as never)).rejects.toThrow("source must be a Uint8Array");
    await expect(loadWeights(undefined as never, bytes)).rejects.toThrow("model must be a tfjs layers model");
    expect(() => weightTensors(vit(small), { type: "F16" } as never)).toThrow("unknown option 'type'");
    expect(() => weightsBytes(vit(small), { names: "keras" as "timm" })).toThrow(
      'weightTensors: names must be "timm" or "huggingface", got \'keras\'',
    );
  });
});

/** A layer of one's own behind a model. */
function deeper(x: tfl.SymbolicTensor): tfl.SymbolicTensor {
  return tfl.layers.dense({ units: 2, name: "mine" }).apply(x) as tfl.SymbolicTensor;
}
