// Pillow's blur, torchvision's gray and crop, made by fixtures/three_augment.py; draws as facebookresearch/deit's augment.py.
import { drawFlower } from "flowers-data";
import { sampleKey } from "sample-keys";
import { fixturesOf } from "test-kit";
import { describe, expect, test } from "vitest";
import {
  applyImageOp,
  type ByteImage,
  colorJitterOps,
  DEIT3_AUGMENTATION,
  requireAugmentation,
  threeAugmentOp,
  viewOf,
} from "../index.ts";
import { simpleCropAt } from "./simple-crop.ts";

type Size = [width: number, height: number];
interface Golden {
  readonly blur: { size: Size; radius: number; result: string }[];
  readonly gray: { size: Size; result: string }[];
  readonly solarized: { size: Size; result: string }[];
  readonly crops: { size: Size; side: number; top: number; left: number; result: string }[];
}
const golden = fixturesOf(import.meta.url).json("three-augment.json") as Golden;

/** The same numbers as the fixtures' script makes. */
function picture([width, height]: Size): ByteImage {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const [c, x, y] = [i % 3, Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    const grain = ((x * x + 3 * y * y + 5 * c) % 17) * 6;
    return 20 + 15 * c + ((7 * x + 11 * y + 31 * c + grain) % 180);
  });
  return { data, width, height };
}

const bytes = (base64: string): number[] => [...Buffer.from(base64, "base64")];
const keys = Array.from({ length: 3000 }, (_, sample) => sampleKey(5, 1, sample));

test.each(golden.blur)("a blur of $radius at $size is Pillow's", ({ size, radius, result }) => {
  const image = picture(size);
  const before = Uint8Array.from(image.data);
  expect([...applyImageOp(image, { name: "gaussianBlur", radius }).data]).toEqual(bytes(result));
  expect(image.data).toEqual(before);
});

test("gray and solarized pictures are torchvision's and Pillow's", () => {
  for (const { size, result } of golden.gray)
    expect([...applyImageOp(picture(size), { name: "color", factor: 0 }).data]).toEqual(bytes(result));
  for (const { size, result } of golden.solarized)
    expect([...applyImageOp(picture(size), { name: "solarize", threshold: 128 }).data]).toEqual(
      bytes(result),
    );
});

test.each(golden.crops)("the crop of $size at $top, $left is torchvision's", (c) => {
  expect([...simpleCropAt(picture(c.size), c.side, {}, c).data]).toEqual(bytes(c.result));
});

describe("threeAugmentOp", () => {
  test("draws each op for a third of the samples, and radii evenly from 0.1 to 2", () => {
    const ops = keys.map((key) => threeAugmentOp({}, key));
    const bound = 5 * Math.sqrt(keys.length * (1 / 3) * (2 / 3)); // five standard errors
    for (const name of ["color", "solarize", "gaussianBlur"])
      expect(Math.abs(ops.filter((op) => op.name === name).length - keys.length / 3)).toBeLessThan(bound);
    const radii = ops.flatMap((op) => (op.name === "gaussianBlur" ? [op.radius] : []));
    expect(Math.min(...radii)).toBeGreaterThanOrEqual(0.1);
    expect(Math.max(...radii)).toBeLessThan(2);
    const mean = radii.reduce((sum, x) => sum + x, 0) / radii.length;
    expect(Math.abs(mean - 1.05)).toBeLessThan((5 * (1.9 / Math.sqrt(12))) / Math.sqrt(radii.length));
    expect(keys.slice(0, 9).map((key) => threeAugmentOp({}, key))).toEqual(ops.slice(0, 9));
  });

  test("refuses radii that fall", () => {
    expect(() => threeAugmentOp({ blur: [2, 1] }, 1)).toThrow(
      "threeAugmentOp: blur must be two rising finite numbers >= 0, got 2 and 1",
    );
  });
});

describe("a view", () => {
  const flower = drawFlower({ seed: 1, index: 3, size: 60 }) as ByteImage;
  const plain = { crop: {}, flip: 0.5 };

  test("of DEIT3_AUGMENTATION is cropped and flipped, then one of three, then jittered", () => {
    for (const key of keys.slice(0, 12)) {
      const base = viewOf(flower, { kind: "augmented", size: 24, key, augmentation: plain });
      let expected: ByteImage = { ...base, data: Uint8Array.from(base.data) };
      const jitter = { brightness: 0.3, contrast: 0.3, saturation: 0.3 };
      for (const op of [threeAugmentOp({}, key), ...colorJitterOps(jitter, key)])
        expected = applyImageOp(expected, op);
      const view = viewOf(flower, { kind: "augmented", size: 24, key, augmentation: DEIT3_AUGMENTATION });
      expect([...view.data]).toEqual([...expected.data]);
    }
  });

  test("of a simple crop is at each of the 9 × 9 places of a square picture", () => {
    const augmentation = { simpleCrop: {}, flip: 0 };
    const seen = new Set(
      keys.map((key) => String(viewOf(flower, { kind: "augmented", size: 12, key, augmentation }).data)),
    );
    const places = Array.from({ length: 81 }, (_, i) => ({ top: Math.floor(i / 9), left: i % 9 }));
    const all = places.map((place) => String(Float32Array.from(simpleCropAt(flower, 12, {}, place).data)));
    expect(seen).toEqual(new Set(all));
  });

  test("has one crop, with padding that is an integer", () => {
    expect(() => requireAugmentation({ crop: {}, simpleCrop: {} })).toThrow(
      "Augmentation: expected crop or simpleCrop, got both",
    );
    expect(() => requireAugmentation({ simpleCrop: { padding: 0.5 } })).toThrow(
      "simpleCrop: padding must be an integer >= 0, got 0.5",
    );
  });
});
