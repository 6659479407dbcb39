import { drawFlower } from "flowers-data";
import { sampleKey } from "sample-keys";
import { describe, expect, test } from "vitest";
import { requireAugmentation } from "./augmentation.ts";
import {
  applyImageOp,
  colorJitterOps,
  DEIT_AUGMENTATION,
  eraseAtRandom,
  type ImageOp,
  RAND_AUGMENT_OPS,
  randAugmentOps,
  resizedCropBox,
  viewOf,
} from "./index.ts";
import type { ByteImage } from "./pixels/byte-image.ts";

const SAMPLES = 4000;
const keys = Array.from({ length: SAMPLES }, (_, sample) => sampleKey(11, 2, sample));
const flower = drawFlower({ seed: 1, index: 3, size: 60 }) as ByteImage;

/** Five standard errors of a count with chance `p` in `n`. */
function bound(p: number, n: number): number {
  return 5 * Math.sqrt(n * p * (1 - p));
}

describe("randAugmentOps", () => {
  test("applies each of timm's ops equally often, two layers with probability a half", () => {
    const counts = new Map<string, number>();
    const lengths = [0, 0, 0];
    for (const key of keys) {
      const ops = randAugmentOps({}, key);
      lengths[ops.length]! += 1;
      for (const { name } of ops) counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    [1 / 4, 1 / 2, 1 / 4].forEach((p, i) => {
      expect(Math.abs(lengths[i]! - SAMPLES * p)).toBeLessThan(bound(p, SAMPLES));
    });
    const each = 1 / RAND_AUGMENT_OPS.length;
    for (const name of RAND_AUGMENT_OPS) {
      expect(Math.abs(counts.get(name)! - SAMPLES * each)).toBeLessThan(bound(each, SAMPLES));
    }
  });

  test("draws severities of mean 9 and deviation 0.5, cut at 10, and both signs", () => {
    const angles = keys.flatMap((key) =>
      randAugmentOps({ probability: 1 }, key).flatMap((op) => (op.name === "rotate" ? [op.degrees / 3] : [])),
    );
    const sizes = angles.map(Math.abs);
    const n = sizes.length;
    expect(Math.max(...sizes)).toBeLessThanOrEqual(10);
    const mean = sizes.reduce((sum, x) => sum + x, 0) / n;
    expect(Math.abs(mean - 9)).toBeLessThan(5 * (0.5 / Math.sqrt(n)) + 0.005); // the cut at 10 takes 0.004
    expect(sizes.some((size) => size < 8.5) && sizes.some((size) => size > 9.5)).toBe(true);
    expect(Math.abs(angles.filter((x) => x < 0).length - n / 2)).toBeLessThan(bound(0.5, n));
  });

  test("is fixed by its key", () => {
    expect(keys.slice(0, 50).map((key) => randAugmentOps({}, key))).toEqual(
      keys.slice(0, 50).map((key) => randAugmentOps({}, key)),
    );
  });

  test("refuses what is out of range", () => {
    expect(() => randAugmentOps({ magnitude: 11 }, 1)).toThrow(
      "randAugmentOps: magnitude must be in [0, 10], got 11",
    );
    expect(() => randAugmentOps({ layers: 0.5 }, 1)).toThrow("layers must be an integer >= 0, got 0.5");
  });
});

describe("colorJitterOps", () => {
  test("comes in each order equally often, with factors from the range", () => {
    const counts = new Map<string, number>();
    for (const key of keys) {
      const ops = colorJitterOps({ brightness: 0.3, contrast: 0.4, saturation: 2 }, key);
      const order = ops.map(({ name }) => name).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
      for (const op of ops as Extract<ImageOp, { factor: number }>[]) {
        const range = { brightness: 0.3, contrast: 0.4, color: 2 }[op.name as "color"];
        expect(op.factor >= Math.max(0, 1 - range) && op.factor < 1 + range).toBe(true);
      }
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values())
      expect(Math.abs(count - SAMPLES / 6)).toBeLessThan(bound(1 / 6, SAMPLES));
  });

  test("leaves out what has no range and refuses a negative one", () => {
    expect(colorJitterOps({ contrast: 0.1 }, 1).map(({ name }) => name)).toEqual(["contrast"]);
    expect(() => colorJitterOps({ contrast: -1 }, 1)).toThrow(
      "contrast must be a finite number >= 0, got -1",
    );
  });
});

describe("resizedCropBox", () => {
  test("lies in the picture, with area and ratio in their ranges", () => {
    for (const key of keys.slice(0, 500)) {
      const { top, left, height, width } = resizedCropBox({ width: 500, height: 375 }, {}, key);
      expect(top >= 0 && left >= 0 && top + height <= 375 && left + width <= 500).toBe(true);
      const area = (height * width) / (500 * 375);
      expect(area > 0.078 && area < 1.01).toBe(true); // sides are rounded to pixels
      expect(width / height > 0.74 && width / height < 1.35).toBe(true);
    }
  });

  test("of a strip too long for any crop is its middle", () => {
    const box = resizedCropBox({ width: 400, height: 20 }, { scale: [0.5, 1] }, 1);
    expect(box).toEqual({ top: 0, left: 186, height: 20, width: 27 });
  });

  test("refuses an empty range", () => {
    expect(() => resizedCropBox({ width: 4, height: 4 }, { scale: [0.5, 0.4] }, 1)).toThrow(
      "resizedCropBox: scale must be two rising numbers in (0, 1], got 0.5 and 0.4",
    );
  });
});

describe("eraseAtRandom", () => {
  const [size, erased] = [32, (data: Float32Array) => data.filter((value) => value !== 77).length];

  test("erases in a quarter of the samples, with noise that normalizes to mean 0 and deviation 1", () => {
    let count = 0;
    const noise: number[] = [];
    for (const key of keys) {
      const data = new Float32Array(size * size * 3).fill(77);
      eraseAtRandom(data, 0, size, {}, key);
      if (erased(data) === 0) continue;
      count += 1;
      data.forEach((value, i) => {
        if (value !== 77)
          noise.push((value / 255 - [0.485, 0.456, 0.406][i % 3]!) / [0.229, 0.224, 0.225][i % 3]!);
      });
    }
    expect(Math.abs(count - SAMPLES / 4)).toBeLessThan(bound(1 / 4, SAMPLES));
    const n = noise.length;
    const mean = noise.reduce((sum, x) => sum + x, 0) / n;
    const variance = noise.reduce((sum, x) => sum + x * x, 0) / n;
    expect(Math.abs(mean)).toBeLessThan(5 / Math.sqrt(n));
    expect(Math.abs(variance - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
  });

  test("touches nothing outside its own picture of a batch", () => {
    const data = new Float32Array(3 * size * size * 3).fill(77);
    eraseAtRandom(data, size * size * 3, size, { probability: 1 }, 5);
    expect(erased(data)).toBe(erased(data.subarray(size * size * 3, 2 * size * size * 3)));
    expect(erased(data)).toBeGreaterThan(0);
  });

  test("refuses a probability above 1", () => {
    expect(() => eraseAtRandom(new Float32Array(3), 0, 1, { probability: 2 }, 1)).toThrow(
      "eraseAtRandom: probability must be in [0, 1], got 2",
    );
  });
});

describe("an augmented view", () => {
  const of = (key: number, size = 32, augmentation = DEIT_AUGMENTATION) =>
    viewOf(flower, { kind: "augmented", size, key, augmentation }).data;

  test("is fixed by its key, and another with another key", () => {
    expect(of(keys[0]!)).toEqual(of(keys[0]!));
    expect(of(keys[0]!)).not.toEqual(of(keys[1]!));
  });

  test("without its random steps is the whole picture, mirrored or not", () => {
    const square = { scale: [1, 1], ratio: [1, 1] } as const;
    const plain = of(1, 60, { crop: square, flip: 0 });
    expect([...plain]).toEqual([...flower.data]);
    const row = of(1, 60, { crop: square, flip: 1 }).subarray(0, 180);
    expect([...row.subarray(177)]).toEqual([...plain.subarray(0, 3)]);
  });

  test("shows the teacher what the student sees: equal means of small blocks at two sizes", () => {
    const blocks = (data: Float32Array, size: number) => {
      const means = new Float32Array(16);
      for (let i = 0; i < size * size; i++) {
        const [y, x] = [Math.floor(i / size), i % size];
        means[Math.floor((y * 4) / size) * 4 + Math.floor((x * 4) / size)]! +=
          data[i * 3 + 1]! / (size * size) / 16;
      }
      return means.map((mean) => mean * 256);
    };
    const { erasing: _, ...augmentation } = DEIT_AUGMENTATION; // noise differs by pixel
    let far = 0;
    for (const key of keys.slice(0, 100)) {
      const [small, large] = [blocks(of(key, 32, augmentation), 32), blocks(of(key, 64, augmentation), 64)];
      if (small.some((mean, i) => Math.abs(mean - large[i]!) > 12)) far += 1;
    }
    // Equalize and solarize can turn a small difference of a smooth picture into a large one.
    expect(far).toBeLessThan(15);
  });

  test("needs bytes", () => {
    const floats = { data: new Float32Array(12), width: 2, height: 2 };
    expect(() => viewOf(floats, { kind: "center", size: 2 })).toThrow(
      "viewOf: image.data must be bytes, got Float32Array",
    );
    expect(() => viewOf(flower, { kind: "center", size: 2, ratio: 1.5 })).toThrow(
      "viewOf: ratio must be in (0, 1], got 1.5",
    );
  });
});

test("applyImageOp refuses parameters that no picture can have", () => {
  expect(() => applyImageOp(flower, { name: "posterize", bits: 9 })).toThrow(
    "applyImageOp: bits must be an integer in [0, 8], got 9",
  );
  expect(() => applyImageOp(flower, { name: "color", factor: Number.NaN })).toThrow(
    "applyImageOp: factor must be a finite number, got NaN",
  );
});

test.each([
  [
    () => randAugmentOps({ magnitud: 9 } as object, 1),
    "randAugmentOps: unknown option 'magnitud'; did you mean 'magnitude'?",
  ],
  [() => colorJitterOps({ hue: 1 } as object, 1), "colorJitterOps: unknown option 'hue'"],
  [() => resizedCropBox({ width: 2, height: 2 }, { scales: 1 } as object, 1), "did you mean 'scale'?"],
  [() => eraseAtRandom(new Float32Array(12), 0, 2, { prob: 1 } as object, 1), "did you mean 'probability'?"],
  [() => requireAugmentation({ randaugment: {} } as object), "did you mean 'randAugment'?"],
])("refuses an option that it does not know: %#", (call, message) => {
  expect(call).toThrow(message);
});
