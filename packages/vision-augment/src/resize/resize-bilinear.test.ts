import { fixturesOf, floats, largestDifference, type Packed, parity } from "test-kit";
import { describe, expect, test } from "vitest";
import { resizeBilinear } from "../index.ts";

interface Golden {
  readonly from: [number, number];
  readonly to: [number, number];
  readonly antialias: boolean;
  /** Rows of the result that `values` holds. */
  readonly rows: number[];
  readonly values: Packed;
  /** Means over all rows, `[width, 3]`. */
  readonly columnMeans: Packed;
}
const golden = fixturesOf(import.meta.url).json("resize.json") as {
  tensorflow: string;
  cases: Golden[];
};

/** Largest difference of the rows that are written out, and of the means of every column. */
function resizeError({ from: [height, width], to, antialias, rows, values, columnMeans }: Golden): number {
  const data = Uint8Array.from({ length: height * width * 3 }, (_, i) => (i * 131 + 17) % 256);
  const out = resizeBilinear({ data, height, width }, ...to, { antialias });
  const line = to[1] * 3;
  const shown = rows.flatMap((row) => [...out.data.subarray(row * line, (row + 1) * line)]);
  const means = Array.from({ length: line }, (_, column) => {
    let sum = 0;
    for (let row = 0; row < to[0]; row++) sum += out.data[row * line + column]!;
    return sum / to[0];
  });
  return Math.max(largestDifference(shown, floats(values)), largestDifference(means, floats(columnMeans)));
}

describe("resizeBilinear", () => {
  test.each([false, true])("is tf.image.resize with antialias %s", (antialias) => {
    const cases = golden.cases.filter((c) => c.antialias === antialias);
    expect(cases.length).toBe(13);
    for (const c of cases) expect(resizeError(c), `${c.from} to ${c.to}`).toBeLessThan(1e-4);
    parity({
      item: `resizeBilinear, ${cases.length} sizes, antialias ${antialias} (absolute, on 0…255)`,
      reference: "TensorFlow",
      version: golden.tensorflow,
      backend: "none",
      tolerance: 1e-4, // a few float32 roundings of values up to 255
      measured: Math.max(...cases.map(resizeError)),
    });
  });

  test("has half-pixel centers: two pixels stretched to four are 0, a quarter, three quarters, 1", () => {
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
