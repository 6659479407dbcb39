import { readdirSync } from "node:fs";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import sharp from "sharp";
import { sharedData } from "test-kit";
import { startBackend } from "tfjs-backends";
import { expect, test } from "vitest";
import { createModel } from "./index.ts";
import { loadWeightsFile } from "./node.ts";

const weights = sharedData("data/weights/deit_tiny_patch16_224_f16.safetensors");
const daisies = sharedData("data/flowers/originals/daisy");
const MEAN = [0.485, 0.456, 0.406];
const DEVIATION = [0.229, 0.224, 0.225];

/** timm's preprocessing, with sharp's cubic: the shorter side to 248, the middle 224, ImageNet's normalization. */
async function preprocess(path: string): Promise<tf.Tensor4D> {
  const { width, height } = await sharp(path).metadata();
  const scale = 248 / Math.min(width, height);
  const sides = { width: Math.round(width * scale), height: Math.round(height * scale) };
  const left = Math.round((sides.width - 224) / 2);
  const top = Math.round((sides.height - 224) / 2);
  const pixels = await sharp(path)
    .resize({ ...sides, fit: "fill", kernel: "cubic" })
    .extract({ left, top, width: 224, height: 224 })
    .removeAlpha()
    .raw()
    .toBuffer();
  const data = Float32Array.from(pixels, (byte, i) => (byte / 255 - MEAN[i % 3]!) / DEVIATION[i % 3]!);
  return tf.tensor4d(data, [1, 224, 224, 3]);
}

test.skipIf(weights === undefined || daisies === undefined)(
  "published DeiT-Ti weights, in float16, see daisies as daisies",
  async () => {
    await startBackend("wasm");
    const model = createModel("deit_tiny_patch16_224");
    const report = await loadWeightsFile(model, weights!);
    expect(report.used).toHaveLength(152);
    const files = readdirSync(daisies!);
    const found: number[] = [];
    for (const name of files) {
      const x = await preprocess(join(daisies!, name));
      found.push(tf.tidy(() => tf.argMax(model.predict(x) as tf.Tensor, 1).dataSync()[0]!));
      x.dispose();
    }
    expect(files.length).toBeGreaterThanOrEqual(5);
    expect(found.filter((label) => label === 985).length).toBeGreaterThanOrEqual(4);
  },
);
