import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { resizeBilinear } from "./index.ts";

interface Golden {
  readonly from: [number, number];
  readonly to: [number, number];
  readonly antialias: boolean;
  readonly values: number[];
}
const golden = JSON.parse(readFileSync(new URL("../fixtures/resize.json", import.meta.url), "utf8")) as {
  cases: Golden[];
};

describe("resizeBilinear", () => {
  test.each(golden.cases)("is tf.image.resize from $from to $to with antialias $antialias", (c) => {
    const [height, width] = c.from;
    const data = Uint8Array.from({ length: height * width * 3 }, (_, i) => (i * 131 + 17) % 256);
    const out = resizeBilinear({ data, height, width }, ...c.to, { antialias: c.antialias });
    expect(out.data.length).toBe(c.values.length);
    // 2e-4: a few float32 roundings of values up to 255
    c.values.forEach((value, i) => void expect(Math.abs(out.data[i]! - value)).toBeLessThan(2e-4));
  });

  test("has half-pixel centres: two pixels stretched to four are 0, a quarter, three quarters, 1", () => {
    const image = { data: Float32Array.of(0, 0, 0, 100, 100, 100), height: 1, width: 2 };
    expect([...resizeBilinear(image, 1, 4).data].filter((_, i) => i % 3 === 0)).toEqual([0, 25, 75, 100]);
  });

  test("returns a new array, also at the same size", () => {
    const image = { data: Float32Array.of(1, 2, 3), height: 1, width: 1 };
    const out = resizeBilinear(image, 1, 1);
    expect(out).toEqual(image);
    expect(out.data).not.toBe(image.data);
  });

  test("refuses sizes that are none and data that does not fit", () => {
    const image = { data: new Uint8Array(12), height: 2, width: 2 };
    expect(() => resizeBilinear(image, 0, 4)).toThrow(
      "resizeBilinear: height must be an integer >= 1, got 0",
    );
    expect(() => resizeBilinear(image, 2, 1.5)).toThrow("width must be an integer >= 1, got 1.5");
    expect(() => resizeBilinear({ ...image, width: 3 }, 2, 2)).toThrow("must hold 2x3x3 = 18 values, got 12");
  });
});
