import { drawsFrom } from "sample-keys";
import { fixturesOf } from "test-kit";
import { describe, expect, test } from "vitest";
import { applyImageOp, type Box, type ByteImage, type ImageOp, type Interpolation, viewOf } from "./index.ts";
import { cropBoxFrom } from "./random/crop-box.ts";
import { opAt, RAND_AUGMENT_OPS } from "./random/rand-augment.ts";
import { eraseBoxFrom } from "./random/random-erasing.ts";
import { resampleBytes } from "./resize/resample-bytes.ts";

type Size = [width: number, height: number];
type Draws = { readonly size: Size; readonly fractions: number[] };
interface Golden {
  readonly ops: { op: ImageOp; size: Size; color?: number[]; result: string }[];
  readonly resize: { size: Size; box: Box; side: number; interpolation: Interpolation; result: string }[];
  readonly center: {
    size: Size;
    side: number;
    ratio: number;
    interpolation: Interpolation;
    result: string;
  }[];
  readonly levels: { name: string; magnitude: number; negative: boolean; args: number[] }[];
  readonly crops: (Draws & { scale: [number, number]; box: Box })[];
  readonly erasing: (Draws & { box: Box | null })[];
}
const golden = fixturesOf(import.meta.url).json("augment.json") as Golden;

/** The same numbers as the fixtures' script makes. */
function picture([width, height]: Size, color?: number[]): ByteImage {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < 3; c++) {
        const grain = ((x * x + 3 * y * y + 5 * c) % 17) * 6;
        data[i++] = color?.[c] ?? 20 + 15 * c + ((7 * x + 11 * y + 31 * c + grain) % 180);
      }
    }
  }
  return { data, width, height };
}

function bytes(base64: string): number[] {
  return [...Buffer.from(base64, "base64")];
}

function drawsOf({ fractions }: Draws) {
  let at = 0;
  return drawsFrom(() => fractions[at++]!);
}

describe("applyImageOp is PIL 13's", () => {
  const titled = golden.ops.map((c) => ({ ...c, title: JSON.stringify(c.op) }));
  test.each(titled)("$title at $size", ({ op, size, color, result }) => {
    const image = picture(size, color);
    const before = Uint8Array.from(image.data);
    expect([...applyImageOp(image, op).data]).toEqual(bytes(result));
    expect(image.data).toEqual(before);
  });
});

test.each(golden.resize)("a box of $size to $side is resized_crop, $interpolation", (c) => {
  const part = { top: 0, left: 0, height: c.side, width: c.side };
  const { interpolation } = c;
  const stretch = { from: c.box, height: c.side, width: c.side, part, interpolation };
  expect([...resampleBytes(picture(c.size), stretch).data]).toEqual(bytes(c.result));
});

test.each(golden.center)("the middle of $size at $side, ratio $ratio, is timm's, $interpolation", (c) => {
  const { side: size, ratio, interpolation } = c;
  const view = viewOf(picture(c.size), { kind: "center", size, ratio, interpolation });
  expect([...view.data]).toEqual(bytes(c.result));
});

test("a picture that is stretched first is Pillow's, cropped to the middle or whole", () => {
  // resampleBytes stretches as Pillow does, see resized_crop above
  for (const { size, interpolation } of golden.center) {
    const image = picture(size);
    const from = { top: 0, left: 0, height: image.height, width: image.width };
    const middle = { top: 4, left: 4, height: 24, width: 24 };
    for (const [ratio, side, part] of [
      [1, 32, { top: 0, left: 0, height: 32, width: 32 }],
      [0.75, 24, middle],
    ] as const) {
      const view = viewOf(image, { kind: "center", size: side, ratio, interpolation, stretch: true });
      const expected = resampleBytes(image, { from, height: 32, width: 32, part, interpolation });
      expect([...view.data]).toEqual([...expected.data]);
    }
  }
});

test("severities are timm's rand-…-inc1", () => {
  const how = { interpolation: "bicubic", fill: [1, 2, 3] } as const;
  const names = [...new Set(golden.levels.map(({ name }) => name))];
  const ours = (name: string) => {
    const plain = name.replace(/Increasing|Rel/, "");
    return RAND_AUGMENT_OPS.find((op) => op.toLowerCase() === plain.toLowerCase())!;
  };
  expect(names.map(ours)).toEqual([...RAND_AUGMENT_OPS]);
  for (const { name, magnitude, negative, args } of golden.levels) {
    const op = opAt(ours(name), magnitude, negative, how);
    const numbers = Object.values(op).filter((value) => typeof value === "number");
    expect(numbers.length).toBe(args.length);
    // 1e-12: float64, multiplied in another order
    numbers.forEach((value, i) => void expect(Math.abs(value - args[i]!)).toBeLessThan(1e-12));
  }
});

test("crop boxes are timm's from the same fractions", () => {
  for (const c of golden.crops) {
    const [width, height] = c.size;
    expect(cropBoxFrom({ width, height }, { scale: c.scale }, drawsOf(c))).toEqual(c.box);
  }
});

test("erased boxes are timm's from the same fractions", () => {
  for (const c of golden.erasing) {
    const [width, height] = c.size;
    expect(eraseBoxFrom({ width, height }, {}, drawsOf(c)) ?? null).toEqual(c.box);
  }
  expect(golden.erasing.filter(({ box }) => box !== null).length).toBeGreaterThan(5);
});
