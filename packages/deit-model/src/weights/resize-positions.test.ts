import { fixturesOf, largestDifference, parity, tensorsOf } from "test-kit";
import { expect, test } from "vitest";
import { type PositionFilter, resizePositions } from "../index.ts";

const { bytes: fixture } = fixturesOf(import.meta.url);

/** PyTorch computes places and weights in float32, we in float64; embeddings of size 1 to 3. */
const TOLERANCE = 1e-5;

const fixtures = await tensorsOf(fixture("positions.safetensors"));
const cases = [...fixtures.keys()].filter((name) => name.includes("bicubic"));

test.each(cases)("%s agrees with PyTorch", (name) => {
  const [source = "", size = "", filter] = name.split(" ") as [string, string, PositionFilter];
  const side = Number.parseInt(source, 10);
  const to = size.split("x").map(Number) as [number, number];
  const prefix = Number(source.split("+")[1]);
  const resized = resizePositions(fixtures.get(source)!.data, { from: [side, side], to, prefix, filter });
  const measured = largestDifference(resized, fixtures.get(name)!.data);
  const theirs = { reference: "torch", version: "2.15.0", backend: "none" };
  parity({ ...theirs, item: `position embeddings resized: ${name}`, tolerance: TOLERANCE, measured });
});

test("all sizes of the fixtures were there", () => {
  expect(cases).toHaveLength(14);
});

test("the same size gives the same numbers, a constant stays one, a class token's row is copied", () => {
  const positions = Float32Array.of(9, 1, 2, 3, 4, 5, 6);
  const same = { from: [2, 3], to: [2, 3], prefix: 1 } as const;
  for (const filter of ["bicubic", "bicubic-antialias"] as const) {
    expect([...resizePositions(positions, { ...same, filter })]).toEqual([...positions]);
    const flat = Float32Array.of(9, 2, 2, 2, 2, 2, 2);
    const [first, ...rest] = resizePositions(flat, { from: [2, 3], to: [5, 1], prefix: 1, filter });
    expect(first).toBe(9);
    expect(largestDifference(rest, Array(5).fill(2))).toBeLessThan(TOLERANCE);
  }
});

test.each([
  [{ from: [2, 2], to: [0, 3] }, "resizePositions: to must be [height, width], integers >= 1, got [0,3]"],
  [{ from: [3, 3], to: [2, 2] }, "resizePositions: expected 10 rows, got 5 numbers"],
  [{ from: [2, 2], to: [3, 3], filter: "linear" }, "got 'linear'"],
])("%j is refused", (change, message) => {
  const options = { prefix: 1, ...change } as unknown as Parameters<typeof resizePositions>[1];
  expect(() => resizePositions(new Float32Array(5), options)).toThrow(message);
});
