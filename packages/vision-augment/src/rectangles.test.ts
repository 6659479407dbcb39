// Views that are no squares.
import { sampleKey } from "sample-keys";
import { fixturesOf } from "test-kit";
import { describe, expect, test } from "vitest";
import {
  type Box,
  type ByteImage,
  DEIT_AUGMENTATION,
  DEIT3_AUGMENTATION,
  type Interpolation,
  resizeBilinear,
  type View,
  viewOf,
} from "./index.ts";
import { resampleBytes } from "./resize/resample-bytes.ts";

interface Golden {
  readonly center: {
    readonly size: readonly [width: number, height: number];
    readonly side: readonly [height: number, width: number];
    readonly ratio: number;
    readonly stretch: boolean;
    readonly interpolation: Interpolation;
    readonly result: string;
  }[];
  readonly crop: { readonly box: Box; readonly interpolation: Interpolation; readonly result: string }[];
}
const golden = fixturesOf(import.meta.url).json<Golden>("rectangles.json");
const bytes = (base64: string) => [...Buffer.from(base64, "base64")];

/** The same numbers as the fixtures' script makes. */
function picture(width: number, height: number): ByteImage {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const [c, x, y] = [i % 3, Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    return 20 + 15 * c + ((7 * x + 11 * y + 31 * c + ((x * x + 3 * y * y + 5 * c) % 17) * 6) % 180);
  });
  return { data, width, height };
}

describe("a view that is no square", () => {
  test.each(golden.center)(
    "the middle of $size at $side, ratio $ratio, stretched: $stretch, is timm's, $interpolation",
    (c) => {
      const { side: size, ratio, stretch, interpolation } = c;
      const view = viewOf(picture(...c.size), { kind: "center", size, ratio, stretch, interpolation });
      expect([view.height, view.width]).toEqual(size);
      expect([...view.data]).toEqual(bytes(c.result));
    },
  );

  test.each(golden.crop)(
    "a box is torchvision's resized_crop, $interpolation",
    ({ box: from, interpolation, result }) => {
      const part = { top: 0, left: 0, height: 6, width: 14 };
      const { data } = resampleBytes(picture(33, 20), { from, height: 6, width: 14, part, interpolation });
      expect([...data]).toEqual(bytes(result));
    },
  );

  test("for evaluation is the whole picture, resized", () => {
    const image = picture(33, 20);
    expect(viewOf(image, { kind: "evaluation", size: [6, 14] })).toEqual(resizeBilinear(image, 6, 14));
  });

  test("in training is a part of the resized picture, which its margins leave room for", () => {
    const [height, width, above, beside] = [6, 14, 2, 5];
    const image = picture(33, 20);
    const whole = resizeBilinear(image, height + above, width + beside);
    const places = new Set<string>();
    for (let sample = 0; sample < 400; sample++) {
      const key = sampleKey(1, 0, sample);
      const { data } = viewOf(image, {
        kind: "training",
        size: [height, width],
        margin: [above, beside],
        key,
      });
      for (let top = 0; top <= above; top++) {
        for (let left = 0; left <= beside; left++) {
          for (const mirror of [false, true]) {
            const fits = [0, width - 1].every((column) => {
              const from = (top * whole.width + left + (mirror ? width - 1 - column : column)) * 3;
              return [0, 1, 2].every((c) => Math.abs(data[column * 3 + c]! - whole.data[from + c]!) < 1e-3);
            });
            if (fits) places.add(`${top} ${left} ${mirror}`);
          }
        }
      }
    }
    expect(places.size).toBe((above + 1) * (beside + 1) * 2);
  });

  test("has a margin of each side in proportion", () => {
    const view = { kind: "training", size: [112, 224], key: sampleKey(3, 0, 1) } as const;
    const image = picture(33, 20);
    expect(viewOf(image, view)).toEqual(viewOf(image, { ...view, margin: [10, 20] }));
  });

  test("of two equal sides is the square's", () => {
    const image = picture(33, 20);
    const key = sampleKey(5, 0, 2);
    const views: readonly View[] = [
      { kind: "evaluation", size: 12 },
      { kind: "center", size: 12 },
      { kind: "training", size: 12, key },
      { kind: "augmented", size: 12, key, augmentation: DEIT_AUGMENTATION },
      { kind: "augmented", size: 12, key, augmentation: { simpleCrop: {}, erasing: { probability: 1 } } },
    ];
    for (const view of views) expect(viewOf(image, { ...view, size: [12, 12] })).toEqual(viewOf(image, view));
  });

  test.each([
    ["DeiT's", DEIT_AUGMENTATION],
    ["DeiT III's", DEIT3_AUGMENTATION],
    ["a simple crop", { simpleCrop: { padding: 2 } }],
    ["erasing", { erasing: { probability: 1 } }],
  ])("is filled by %s augmentation, from pictures of any shape", (_, augmentation) => {
    for (const image of [picture(33, 20), picture(12, 40), picture(1, 30), picture(40, 1)]) {
      for (let sample = 0; sample < 20; sample++) {
        const key = sampleKey(2, 0, sample);
        const { data } = viewOf(image, { kind: "augmented", size: [9, 21], key, augmentation });
        expect(data.length).toBe(9 * 21 * 3);
        expect(data.every(Number.isFinite)).toBe(true);
        // a row that was not written would be zeros
        const rows = Array.from({ length: 9 }, (__, row) => data.subarray(row * 63, (row + 1) * 63));
        if (!("randAugment" in augmentation) && !("threeAugment" in augmentation))
          expect(rows.every((row) => row.some((value) => value !== 0))).toBe(true);
      }
    }
  });

  test.each([
    [{ kind: "evaluation", size: [0, 4] }],
    [{ kind: "evaluation", size: [4] }],
    [{ kind: "center", size: [4.5, 4] }],
    [{ kind: "training", size: [4, 4], key: 1, margin: [1, -1] }],
  ])("is refused: %j", (view) => {
    expect(() => viewOf(picture(4, 4), view as unknown as View)).toThrow(
      /viewOf: (size|margin) must be .*\[height, width\]/,
    );
  });
});
