import * as tf from "@tensorflow/tfjs-core";
import { attentionRollout, deit, vit } from "deit-model";
import { startBackend } from "tfjs-backends";
import { beforeAll, expect, test } from "vitest";
import { BLUE_TO_RED, type Colormap, colorAt, INFERNO } from "../attention/colormap.ts";
import { attentionImages } from "./attention-images.ts";

const SIDE = 8;
const size = { imageSize: SIDE, patchSize: 4, dim: 12, depth: 2, heads: 3, classes: 2, seed: 1 } as const;
const rows = 3;
const pixels = Float32Array.from({ length: rows * SIDE * SIDE * 3 }, (_, i) => (i * 71) % 256);
const source = {
  ...{ size: rows, batchSize: rows },
  async *batches() {
    const sampleKeys = new Uint32Array(rows);
    yield { images: pixels, shape: [rows, SIDE, SIDE, 3], labels: Int32Array.of(1, 0, 1), sampleKeys };
  },
};
const classNames = ["daisy", "tulip"];

beforeAll(() => startBackend("cpu"));

test("shows each picture, then what its class token looks at, then the difference of a second token", async () => {
  for (const [model, panels] of [
    [vit(size), 2],
    [deit(size), 3],
  ] as const) {
    // Larger weights than new ones, whose tokens attend to all patches alike. tfjs takes a seed of 0 for none.
    const draw = (weight: tf.Tensor, i: number) => tf.randomNormal(weight.shape, 0, 0.5, "float32", i + 100);
    tf.tidy(() => model.setWeights(model.getWeights().map(draw)));
    const before = tf.memory().numTensors;
    const pictures = await attentionImages(model, source, { classNames, count: 2 })();
    expect(tf.memory().numTensors).toBe(before);
    expect(pictures.map(({ name }) => name)).toEqual(["view/tulip, picture 1", "view/daisy, picture 2"]);
    const photos = tf.div(tf.tensor4d(pixels.slice(0, 2 * SIDE * SIDE * 3), [2, SIDE, SIDE, 3]), 255);
    const rolloutOf = (token: "class" | "distillation") =>
      attentionRollout({ model, images: photos }, { token }).arraySync().map(multiplesOfMean);
    const own = rolloutOf("class");
    const second = panels === 3 ? rolloutOf("distillation") : undefined;
    for (const [i, picture] of pictures.entries()) {
      const width = SIDE * panels;
      expect(picture).toMatchObject({ width, height: SIDE, channels: 3 });
      const at = (x: number, y: number) => [0, 1, 2].map((c) => picture.data[(y * width + x) * 3 + c]!);
      // A corner's pixel lies beyond the center of its patch: it has that patch's share, whole.
      for (const [x, y, patch] of [
        [0, 0, 0],
        [SIDE - 1, 0, 1],
        [0, SIDE - 1, 2],
      ] as const) {
        const photo = [0, 1, 2].map((c) => pixels[((i * SIDE + y) * SIDE + x) * 3 + c]!);
        expect(at(x, y)).toEqual(photo);
        const logs = own[i]!.map(Math.log);
        const [low, high] = [Math.min(...logs), Math.max(...logs)];
        closeTo(at(SIDE + x, y), over(photo, INFERNO, (logs[patch]! - low) / (high - low)));
        if (second === undefined) continue;
        const differences = second[i]!.map((share, k) => share - own[i]![k]!);
        const end = Math.max(...differences.map(Math.abs));
        closeTo(at(2 * SIDE + x, y), over(photo, BLUE_TO_RED, 0.5 + differences[patch]! / end / 2));
      }
    }
  }
});

function multiplesOfMean(rows: readonly (readonly number[])[]): number[] {
  const all = rows.flat();
  return all.map((share) => (share * all.length) / all.reduce((sum, one) => sum + one, 0));
}

/** A color over a photo's gray: a fifth of it at the lowest place, four fifths at the highest. */
function over(photo: readonly number[], colors: Colormap, place: number): number[] {
  const gray = 0.299 * photo[0]! + 0.587 * photo[1]! + 0.114 * photo[2]!;
  const part = 0.2 + 0.6 * place;
  return colorAt(colors, place).map((channel) => (1 - part) * gray + part * channel);
}

function closeTo(pixel: readonly number[], expected: readonly number[]): void {
  for (const [c, value] of expected.entries()) expect(pixel[c]).toBeCloseTo(value, -0.4); // a rounding
}
