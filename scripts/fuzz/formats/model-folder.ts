import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { deit } from "deit-model";
import type { LayeredTeacher } from "distill-trainer";
import { openClassifier } from "open-classifier";
import { exportModel } from "vit-export/node";
import type { Format } from "../format.ts";
import { digest } from "../judge.ts";
import "../tiny-model.ts"; // the plain backend

const FILES = {
  transformers: ["config.json", "preprocessor_config.json", "model.safetensors"],
  timm: ["timm/config.json", "timm/model.safetensors"],
  graph: ["tfjs/model.json", "tfjs/group1-shard1of1.bin"],
  onnx: ["onnx/model.onnx"],
} as const;

/** Folders of transformers, timm, tfjs and ONNX, as they are exported: one file of each is changed. */
export const modelFolder: Format = {
  name: "model-folder",
  reader: "`openClassifier`",
  async prepare(folder) {
    await tf.setBackend("cpu");
    const whole = join(folder, "whole");
    const model = deit({ imageSize: 8, patchSize: 4, dim: 6, depth: 1, heads: 2, classes: 2, init: "timm" });
    await exportModel(model, whole, {
      classNames: ["cat", "dog"],
      preprocessing: {
        ...{ resize: { height: 8, width: 8 }, resample: "bilinear", rescale: 1 / 255 },
        ...{ mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
      },
    });
    model.dispose();
    const paths = (readdirSync(whole, { recursive: true }) as string[]).filter((path) => /\.\w+$/.test(path));
    const originals = new Map(paths.map((path) => [path, new Uint8Array(readFileSync(join(whole, path)))]));
    const opened = join(folder, "opened");
    const places = { transformers: "", timm: "timm", graph: "tfjs", onnx: "onnx/model.onnx" };
    return {
      layers: Object.values(FILES)
        .flat()
        .map((name) => ({
          name,
          bytes: originals.get(name)!,
          isGuarded: name.endsWith(".bin"), // by its SHA-256 in model.json

          wrap: (bytes: Uint8Array) => bytes,
        })),
      named: /opened|Teacher: the model's outputs must be finite/,
      state: () => `${tf.memory().numTensors} tensors`,
      async read(bytes, { name }) {
        rmSync(opened, { recursive: true, force: true });
        for (const [path, content] of new Map([...originals, [name, bytes]])) {
          mkdirSync(dirname(join(opened, path)), { recursive: true });
          writeFileSync(join(opened, path), content);
        }
        const [kind] = Object.entries(FILES).find(([, files]) =>
          (files as readonly string[]).includes(name),
        )!;
        const classifier = await openClassifier(join(opened, places[kind as keyof typeof FILES]));
        try {
          const { classNames, imageSize, input, teacher } = classifier;
          const answered = await answers(teacher);
          return `${kind} ${classNames} ${imageSize} ${input.words} ${answered}`;
        } finally {
          classifier.dispose();
        }
      },
    };
  },
};

/** A short name of a teacher's logits for a gray picture. */
async function answers(teacher: LayeredTeacher | undefined): Promise<string> {
  if (teacher === undefined) return "features";
  const images = tf.fill([1, 8, 8, 3], 100);
  try {
    const logits = await teacher.logits(images);
    const values = (await logits.data()) as Float32Array;
    logits.dispose();
    return digest(values);
  } finally {
    images.dispose();
  }
}
