import fc from "fast-check";
import { differenceFromCpu, NOT_FINITE, plain, spoil } from "test-kit";
import { startWebGpu } from "test-kit/backends";
import { scaledSoftmax } from "vit-blocks";
import { describe, expect, test } from "vitest";

/** float32 sums of up to 150 numbers. */
const TOLERANCE = 1e-5;

const missing = await startWebGpu();

describe.skipIf(missing)(`ScaledSoftmax${missing ? ` (skipped: ${missing})` : ""}`, () => {
  test("agrees with the composite form on cpu, forward and backward, for random shapes and scales", async () => {
    const property = fc.asyncProperty(
      fc.integer({ min: 0, max: 6 }),
      fc.integer({ min: 1, max: 150 }),
      fc.constantFrom(1, 0.125, -3, 20),
      fc.nat(1000),
      async (rows, dim, scale, seed) => {
        const inputs = [plain([rows, dim], seed), plain([rows, dim], seed + 1)];
        expect(await differenceFromCpu("webgpu", (x) => scaledSoftmax(x!, scale), inputs)).toBeLessThan(
          TOLERANCE,
        );
      },
    );
    await fc.assert(property, { numRuns: 40 });
  });

  test("carries NaN and infinity as the composite form does on cpu, forward and backward", async () => {
    const property = fc.asyncProperty(
      ...[fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 11 })],
      ...[fc.nat(1), fc.nat()],
      fc.constantFrom(...NOT_FINITE),
      async (rows, dim, which, at, bad) => {
        const inputs = spoil([plain([rows, dim], 1), plain([rows, dim], 2)], which, at, bad);
        expect(await differenceFromCpu("webgpu", (x) => scaledSoftmax(x!, 0.5), inputs)).toBeLessThan(
          TOLERANCE,
        );
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });
});
