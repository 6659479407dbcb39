import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { noise, outputsOf } from "test-kit";
import { startWasm } from "test-kit/backends";
import { beforeAll, expect, test } from "vitest";

beforeAll(startWasm);

const CASES = fc.record({
  flags: fc.array(fc.boolean(), { maxLength: 12 }),
  inner: fc.integer({ min: 0, max: 21 }),
  scale: fc.constantFrom(1, 1.25),
  seed: fc.nat(1000),
});

test("GatherRows takes rows, each number times the scale", async () => {
  const property = fc.asyncProperty(CASES, async ({ flags, inner, scale, seed }) => {
    const rows = flags.flatMap((flag, row) => (flag ? [row] : []));
    const x = noise(flags.length * inner, seed);
    const [y] = await outputsOf("GatherRows", { x: tf.tensor2d(x, [flags.length, inner]) }, { rows, scale });
    const expected = rows.flatMap((row) => [...x.subarray(row * inner, (row + 1) * inner)]);
    expect([...y!]).toEqual(expected.map((value) => Math.fround(value * scale)));
  });
  await fc.assert(property, { numRuns: 200 });
});

test("ScatterRows adds rows to x, or puts them among zeros", async () => {
  const property = fc.asyncProperty(CASES, fc.boolean(), async ({ flags, inner, scale, seed }, has) => {
    const batch = flags.length;
    const rows = flags.flatMap((flag, row) => (flag ? [row] : []));
    const values = noise(rows.length * inner, seed);
    const x = noise(batch * inner, seed + 1);
    const inputs = { values: tf.tensor2d(values, [rows.length, inner]) };
    const both = has ? { ...inputs, x: tf.tensor2d(x, [batch, inner]) } : inputs;
    const [y] = await outputsOf("ScatterRows", both, { rows, batch, scale: has ? scale : 1 });
    const expected: number[] = has ? [...x] : new Array(batch * inner).fill(0);
    for (const [i, value] of values.entries()) {
      const at = rows[Math.floor(i / inner)]! * inner + (i % inner);
      expected[at] = Math.fround(expected[at]! + Math.fround(value * (has ? scale : 1)));
    }
    expect([...y!]).toEqual(expected);
  });
  await fc.assert(property, { numRuns: 200 });
});

test.each([[[3]], [[-1]], [[1, 1]], [[2, 0]], [[0.5]]])(
  "rows %j of 3 are refused before a byte is written",
  async (rows) => {
    const x = tf.ones([3, 2]);
    const values = tf.ones([rows.length, 2]);
    const message = `expected ascending rows in 0...2, got [${rows}]`;
    await expect(outputsOf("GatherRows", { x }, { rows, scale: 1 })).rejects.toThrow(
      `GatherRows: ${message}`,
    );
    await expect(outputsOf("ScatterRows", { x, values }, { rows, batch: 3, scale: 1 })).rejects.toThrow(
      `ScatterRows: ${message}`,
    );
  },
);

test("ScatterRows refuses a number of values that is not that of the rows", async () => {
  const run = outputsOf("ScatterRows", { values: tf.ones([1, 2]) }, { rows: [0, 1], batch: 3, scale: 1 });
  await expect(run).rejects.toThrow("ScatterRows: expected values [2, ...], got [1,2]");
});
