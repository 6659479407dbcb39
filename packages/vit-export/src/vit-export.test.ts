import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { averageHeads, deit, type Preprocessing, vit } from "deit-model";
import { loadWeightsFile } from "deit-model/node";
import { emptyFolder, stir } from "test-kit";
import { startBackend } from "tfjs-backends";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { type Exported, type ExportOptions, exportFiles, modelCard } from "./index.ts";
import { exportModel, requireExportFolder, writeExport } from "./node.ts";

const base = { imageSize: 16, patchSize: 8, dim: 12, depth: 1, heads: 3, classes: 2 } as const;
const preprocessing: Preprocessing = {
  ...{ resize: { height: 16, width: 16 }, resample: "bilinear", rescale: 1 / 255 },
  ...{ mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
};
const options: ExportOptions = { classNames: ["daisy", "rose"], preprocessing };

beforeAll(async () => {
  await startBackend("cpu");
});

async function bytesOf({ data }: Exported["files"][number]): Promise<string> {
  if (typeof data === "string") return data;
  const chunks: Uint8Array[] = [];
  for await (const chunk of data instanceof Uint8Array ? [data] : data) chunks.push(chunk);
  return Buffer.concat(chunks).toString("latin1");
}
const fileOf = ({ files }: Exported, path: string) => bytesOf(files.find((file) => file.path === path)!);

describe("exportFiles", () => {
  test("has the files of every program, with the classes' names, and leaves no tensor", async () => {
    const model = deit(base);
    const before = tf.memory().numTensors;
    const exported = await exportFiles(model, { ...options, int8: true });
    expect(tf.memory().numTensors).toBe(before);
    expect(exported.files.map(({ path }) => path)).toEqual([
      ...[
        "preprocessor_config.json",
        "config.json",
        "model.safetensors",
        "timm/config.json",
        "timm/model.safetensors",
      ],
      ...["onnx/model.onnx", "onnx/model_quantized.onnx", "tfjs/model.json", "tfjs/group1-shard1of1.bin"],
    ]);
    expect(exported).toMatchObject({ formats: ["huggingface", "timm", "onnx", "tfjs"], leftOut: [] });
    for (const path of ["config.json", "timm/config.json", "tfjs/model.json", "onnx/model.onnx"])
      expect(await fileOf(exported, path)).toMatch(/daisy[\s\S]*rose/);
  });

  test("says in every format that says so whether a picture may have several classes", async () => {
    for (const multiLabel of [false, true]) {
      const exported = await exportFiles(vit(base), { ...options, multiLabel });
      const config = JSON.parse(await fileOf(exported, "config.json")) as object;
      const graph = JSON.parse(await fileOf(exported, "tfjs/model.json")) as { userDefinedMetadata: object };
      expect("problem_type" in config).toBe(multiLabel);
      expect(graph.userDefinedMetadata).toEqual({
        ...{ classNames: options.classNames, preprocessing },
        ...(multiLabel && { multiLabel: true }),
      });
    }
  });

  test("divides the logits of weights files by the temperature in their heads", async () => {
    const folder = await emptyFolder();
    const model = deit({ ...base, init: "timm" });
    stir(model, 0.2);
    await exportModel(model, join(folder, "a"), {
      ...options,
      temperature: 2,
      formats: ["huggingface", "timm"],
    });
    for (const path of ["model.safetensors", "timm/model.safetensors"]) {
      const loaded = deit(base);
      await loadWeightsFile(loaded, join(folder, "a", path));
      const x = tf.randomNormal([2, 16, 16, 3], 0, 1, "float32", 3);
      const [ours, theirs] = [model, loaded].map((one) => averageHeads(one).predict(x) as tf.Tensor);
      const difference = tf.max(tf.abs(tf.sub(tf.div(ours!, 2), theirs!))).dataSync()[0]!;
      expect(difference).toBeLessThan(1e-6);
    }
  });

  test("leaves out what cannot hold the model, and refuses it where it was asked for", async () => {
    const student = deit({ ...base, headDim: 12 }); // the Keras example's heads, as wide as the model
    const { formats, leftOut } = await exportFiles(student, options);
    expect(formats).toEqual(["onnx", "tfjs"]);
    expect(leftOut).toMatchObject([
      { format: "huggingface", reason: expect.stringContaining("heads as wide as dim together") },
      { format: "timm", reason: expect.stringContaining("heads as wide as dim together") },
    ]);
    await expect(exportFiles(student, { ...options, formats: ["onnx", "timm"] })).rejects.toThrow(
      "exportFiles: timm: timmConfig: timm cannot hold this model",
    );
  });

  test.each<[string, () => tfl.layers.Layer[]]>([
    ["softmax", () => [tfl.layers.dense({ units: 2, activation: "softmax", name: "last" })]],
    ["softmax", () => [tfl.layers.dense({ units: 2 }), tfl.layers.softmax({ name: "last" })]],
    [
      "sigmoid",
      () => [tfl.layers.dense({ units: 2 }), tfl.layers.activation({ activation: "sigmoid", name: "last" })],
    ],
    [
      "softmax",
      () => [
        tfl.sequential({
          name: "last",
          layers: [tfl.layers.dense({ inputShape: [768], units: 2, activation: "softmax" })],
        }),
      ],
    ],
  ])("refuses the outputs of a %s, which programs would take for logits", async (activation, last) => {
    const layers = [tfl.layers.flatten({ inputShape: [16, 16, 3] }), ...last()];
    await expect(exportFiles(tfl.sequential({ layers }), options)).rejects.toThrow(
      `exportFiles: model must answer with logits, got the outputs of a ${activation} ('last'): leave its last activation out`,
    );
  });

  test("refuses weights that are not finite", async () => {
    const model = vit(base);
    model.weights.at(-1)!.write(tf.tensor1d([Number.NaN, 1]));
    await expect(exportFiles(model, options)).rejects.toThrow(
      "exportFiles: expected finite weights, got 'classification_head/bias' with 1 NaN among 2 numbers",
    );
  });

  test("takes any classifier of known layers", async () => {
    const layers = [
      tfl.layers.conv2d({ inputShape: [16, 16, 3], filters: 4, kernelSize: 3, activation: "relu" }),
      tfl.layers.flatten(),
      tfl.layers.dense({ units: 2 }),
    ];
    const { formats } = await exportFiles(tfl.sequential({ layers }), options);
    expect(formats).toEqual(["onnx", "tfjs"]);
  });

  test.each<[string, object, string]>([
    ["no names", { classNames: [] }, "classNames must be a list of texts"],
    ["an empty name", { classNames: ["a", ""] }, "classNames must be a list of texts"],
    ["too many names", { classNames: ["a", "b", "c"] }, "model must answer with [batch, 3]"],
    ["an unknown format", { formats: ["keras"] }, "formats must be a list of huggingface, timm, onnx, tfjs"],
    ["an unknown option", { quantize: true }, "unknown option 'quantize'"],
    ["a temperature of 0", { temperature: 0 }, "temperature must be"],
    [
      "8 bits without ONNX",
      { int8: true, formats: ["timm", "tfjs"] },
      "int8 must be false without the format onnx, got formats timm, tfjs",
    ],
    [
      "pictures of any aspect ratio",
      { preprocessing: { ...preprocessing, resize: { shortestEdge: 16 } } },
      "preprocessing must make images of 16x16, which the model takes, got a shortest edge of 16 without a centerCrop",
    ],
    [
      "pictures of another size",
      { preprocessing: { ...preprocessing, centerCrop: [15, 16] } },
      "preprocessing must make images of 16x16, which the model takes, got 15x16",
    ],
    [
      "pictures of another number of channels",
      { preprocessing: { ...preprocessing, mean: [0.5], std: [0.5] } },
      "preprocessing must have a mean for each of 3 channels, got 1",
    ],
  ])("with %s is refused", async (_, more, problem) => {
    await expect(exportFiles(vit(base), { ...options, ...more } as ExportOptions)).rejects.toThrow(problem);
  });
});

describe("modelCard", () => {
  const exported: Exported = {
    files: [{ path: "onnx/model_quantized.onnx", data: "" }],
    formats: ["huggingface", "onnx", "tfjs"],
    leftOut: [{ format: "timm", reason: "timmConfig: timm cannot hold this model: it is round" }],
  };
  const facts = {
    name: 'Five "flowers"',
    license: "apache-2.0",
    data: "3,303 photos",
    recipe: [["recipe.epochs", "5"]] as const,
    command: "npx pnpm@12 start train --preset quick",
    accuracy: [{ what: "this | program", value: 0.9372, interval: [0.907, 0.958] as const, pictures: 1367 }],
  };

  test("says what it was told, and what the folder does not hold", () => {
    const card = modelCard(exported, preprocessing, facts);
    expect(card).toMatch(
      /^---\nlicense: apache-2\.0\nlibrary_name: transformers\npipeline_tag: image-classification\n/,
    );
    for (const text of [
      '- name: "Five \\"flowers\\""',
      "      value: 0.9372",
      "| this \\| program | accuracy | 93.7% | 90.7% to 95.8% | 1,367 |",
      "| recipe.epochs | 5 |",
      "npx pnpm@12 start train --preset quick",
      "Pictures are resized to 16×16 (bilinear, antialiased), whatever their sides; RGB times 1/255",
      "- timm: not in this folder. timm cannot hold this model: it is round.",
      "8 bits",
    ])
      expect(card).toContain(text);
    expect(card).not.toContain("create_model");
  });

  test("keeps its tables and its metadata whole, whatever is in them", () => {
    const card = modelCard(exported, preprocessing, {
      ...{ name: "- x: #", recipe: [["a|b", "c\r\n d\ne"]] },
      accuracy: [{ what: "one\ntwo", metric: "top: 5", value: 1, pictures: 3 }],
    });
    expect(card).toContain("| a\\|b | c d e |\n");
    expect(card).toContain("| one two | top: 5 | 100.0% | – | 3 |\n");
    expect(card).toContain('    - type: "top: 5"\n      value: 1\n');
    expect(card).toContain('- name: "- x: #"\n');
  });

  test.each<[string, object, string]>([
    ["recipe", { recipe: ["epochs"] }, "a list of [name, value], two texts each"],
    ["recipe", { recipe: [["epochs", 5]] }, "a list of [name, value], two texts each"],
    ["accuracy", { accuracy: [{ what: "x", value: 93.7, pictures: 3 }] }, "shares in [0, 1]"],
    ["accuracy", { accuracy: [null] }, "a list of { what, metric, value, interval, pictures }"],
    ["notes", { notes: [1] }, "a list of texts"],
  ])("names a fact that does not fit: %s", (name, more, problem) => {
    const call = () => modelCard(exported, preprocessing, { name: "A model", ...more });
    expect(call).toThrow(`modelCard: ${name} must be `);
    expect(call).toThrow(problem);
  });

  test("warns of keras-hub where it leaves out a head", async () => {
    const cards = await Promise.all(
      [vit(base), deit(base)].map(async (model) =>
        modelCard(await exportFiles(model, options), preprocessing, { name: "A model" }),
      ),
    );
    expect(cards.map((card) => card.includes("keras-hub reads"))).toEqual([false, true]);
  });

  test("without facts says that there is no license, and names no figures", () => {
    const card = modelCard(exported, preprocessing, { name: "A model" });
    expect(card).toContain("license: unknown");
    expect(card).toContain("None was given");
    expect(card).not.toMatch(/## (Accuracy|Training)|model-index/);
    expect(() => modelCard(exported, preprocessing, { name: "two\nlines" })).toThrow(
      "modelCard: name must be a text of one line",
    );
    expect(() => modelCard({} as Exported, preprocessing, { name: "x" })).toThrow(
      "modelCard: exported must be a result of exportFiles, got {}",
    );
    expect(() => modelCard(exported, preprocessing, { name: "x", license: "MIT License" })).toThrow(
      "modelCard: license must be",
    );
  });
});

describe("a folder", () => {
  test("is replaced whole by a later export, and left alone if it is not one's own", async () => {
    const folder = await emptyFolder();
    const to = join(folder, "deep", "exported");
    await exportModel(vit(base), to, { ...options, formats: ["timm", "onnx"], card: { name: "One" } });
    expect(readdirSync(to).sort()).toEqual(["README.md", "onnx", "preprocessor_config.json", "timm"]);
    await exportModel(vit(base), to, { ...options, formats: ["huggingface"] });
    expect(readdirSync(to).sort()).toEqual(["config.json", "model.safetensors", "preprocessor_config.json"]);
    writeFileSync(join(to, "notes.txt"), "mine");
    await expect(exportModel(vit(base), to, options)).rejects.toThrow(
      `exportModel: expected a new folder, or one with an earlier export only, got '${to}' with 'notes.txt'`,
    );
    expect(readFileSync(join(to, "notes.txt"), "utf8")).toBe("mine");
    writeFileSync(join(folder, "file"), "");
    for (const file of ["file", "file/inner"])
      await expect(requireExportFolder(join(folder, file))).rejects.toThrow(
        `got '${join(folder, file)}', which is a file or lies in one`,
      );
  });

  test("with a model that another program saved is not an earlier export", async () => {
    const to = await emptyFolder();
    writeFileSync(join(to, "README.md"), "# My project");
    await expect(exportModel(vit(base), to, options)).rejects.toThrow(
      `got '${to}' with 'README.md' and no preprocessor_config.json`,
    );
    // As save_pretrained of transformers writes them.
    writeFileSync(join(to, "preprocessor_config.json"), "{}");
    writeFileSync(join(to, "config.json"), '{ "model_type": "vit" }');
    writeFileSync(join(to, "model.safetensors"), "weights");
    await expect(exportModel(vit(base), to, options)).rejects.toThrow(
      `got '${to}' with a model that another program saved`,
    );
    expect(readFileSync(join(to, "README.md"), "utf8")).toBe("# My project");
    expect(readFileSync(join(to, "model.safetensors"), "utf8")).toBe("weights");
  });

  test("that a link leads to is replaced, and the link stays", async () => {
    const folder = await emptyFolder();
    const [to, link] = [join(folder, "exported"), join(folder, "link")];
    await exportModel(vit(base), to, { ...options, formats: ["onnx"] });
    symlinkSync(to, link, "dir");
    await exportModel(vit(base), link, { ...options, formats: ["tfjs"] });
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readdirSync(to).sort()).toEqual(["preprocessor_config.json", "tfjs"]);
    expect(readdirSync(folder).sort()).toEqual(["exported", "link"]);
    symlinkSync(join(folder, "none"), join(folder, "broken"), "dir");
    await expect(exportModel(vit(base), join(folder, "broken"), options)).rejects.toThrow(
      `got '${join(folder, "broken")}', a link to what does not exist`,
    );
  });

  test("that is the working directory stays, and gets the files", async () => {
    const [to, before] = [realpathSync(await emptyFolder()), process.cwd()];
    const cwd = vi.spyOn(process, "cwd").mockReturnValue(to);
    try {
      const { ino } = statSync(to);
      await writeExport(to, [{ path: "preprocessor_config.json", data: "{}" }]);
      expect(statSync(to).ino).toBe(ino);
      expect(readdirSync(to)).toEqual(["preprocessor_config.json"]);
    } finally {
      cwd.mockRestore();
    }
    expect(process.cwd()).toBe(before);
  });

  test.each([
    ["../outside.txt", "lead into the folder, with slashes, got '../outside.txt'"],
    ["onnx/../../outside.txt", "lead into the folder"],
    ["/outside.txt", "lead into the folder"],
    ["c:outside.txt", "lead into the folder"],
    ["..\\outside.txt", "lead into the folder"],
    ["onnx/", "lead into the folder"],
    ["", "lead into the folder"],
    ["config.json", "different paths, got 'config.json' twice"],
  ])("with the file '%s' is refused", async (path, problem) => {
    const folder = await emptyFolder();
    const files = [
      { path: "config.json", data: "{}" },
      { path, data: "x" },
    ];
    await expect(writeExport(join(folder, "exported"), files)).rejects.toThrow(problem);
    await expect(writeExport(join(folder, "exported"), [])).rejects.toThrow("writeExport: files must be");
    expect(readdirSync(folder)).toEqual([]);
  });

  test("stays as it was when a file cannot be made", async () => {
    const folder = await emptyFolder();
    const to = join(folder, "exported");
    mkdirSync(to);
    writeFileSync(join(to, "README.md"), "old");
    writeFileSync(join(to, "preprocessor_config.json"), "{}");
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Uint8Array.of(1);
      throw new Error("the backend is gone");
    }
    const files = [
      { path: "config.json", data: "{}" },
      { path: "model.safetensors", data: broken() },
    ];
    await expect(writeExport(to, files)).rejects.toThrow("the backend is gone");
    expect(readFileSync(join(to, "README.md"), "utf8")).toBe("old");
    expect(readdirSync(folder)).toEqual(["exported"]);
    expect(existsSync(join(to, "config.json"))).toBe(false);
  });
});
