import * as tf from "@tensorflow/tfjs-core";
import { attentionRollout, deit, vit } from "deit-model";
import { startBackend } from "tfjs-backends";
import { beforeAll, expect, test } from "vitest";
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

test("shows each picture, and beside it what each class token looks at", async () => {
  for (const [model, tokens] of [
    [vit(size), ["class"]],
    [deit(size), ["class", "distillation"]],
  ] as const) {
    const before = tf.memory().numTensors;
    const pictures = await attentionImages(model, source, { classNames, count: 2 })();
    expect(tf.memory().numTensors).toBe(before);
    expect(pictures.map(({ name }) => name)).toEqual(["attention/0 tulip", "attention/1 daisy"]);
    const width = SIDE * (1 + tokens.length);
    const photos = tf.div(tf.tensor4d(pixels.slice(0, 2 * SIDE * SIDE * 3), [2, SIDE, SIDE, 3]), 255);
    const maps = tokens.map((token) => attentionRollout({ model, images: photos }, { token }).arraySync());
    for (const [i, picture] of pictures.entries()) {
      expect(picture).toMatchObject({ width, height: SIDE, channels: 3 });
      const at = (x: number, y: number, c: number) => picture.data[(y * width + x) * 3 + c]!;
      // A corner's pixel lies beyond the center of its patch: it has that patch's share, whole.
      for (const [x, y, row, column] of [
        [0, 0, 0, 0],
        [SIDE - 1, 0, 0, 1],
        [0, SIDE - 1, 1, 0],
      ] as const) {
        for (const c of [0, 1, 2]) {
          const value = pixels[((i * SIDE + y) * SIDE + x) * 3 + c]!;
          expect(at(x, y, c)).toBe(value);
          for (const [t, map] of maps.entries()) {
            const [low, high] = [Math.min(...map[i]!.flat()), Math.max(...map[i]!.flat())];
            const share = (map[i]![row]![column]! - low) / (high - low);
            expect(at(SIDE * (t + 1) + x, y, c)).toBeCloseTo(value * (0.15 + 0.85 * share), -0.4); // a rounding
          }
        }
      }
    }
  }
});
