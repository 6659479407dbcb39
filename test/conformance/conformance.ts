// The one suite: every case on one backend, against the reference. Each backend has a test file of its own, so that each
// has a process of its own.
import { errorOverLargest } from "test-kit/numbers";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS, type TestedBackend } from "./backends.ts";
import type { Case, Outcome } from "./case.ts";
import { CASES } from "./cases/index.ts";
import { type ConformanceRow, note } from "./rows.ts";

/**
 * Tests one backend. Where it is not there the tests are skipped and say so; with `CONFORMANCE=all`, as CI has it, its
 * absence is a failure.
 */
export async function conformance(backend: keyof typeof BACKENDS): Promise<void> {
  const {
    tolerance,
    start,
    lacks = {},
    compute = (it, withGradients) => it.actual(withGradients),
  }: TestedBackend = BACKENDS[backend];
  const missing = await start().then(
    () => undefined,
    (error: Error) => error.message,
  );
  if (missing !== undefined && process.env.CONFORMANCE !== "all") {
    test.skip(`${backend} is not here: ${missing}`, () => {});
    return;
  }
  describe(backend, () => {
    beforeAll(() => expect(missing).toBeUndefined());

    test.each(CASES)("$op", async (it) => {
      const lacking = lacks[it.op];
      if (lacking !== undefined)
        await expect(compute(it, true)).rejects.toThrow(`Kernel '${lacking}' not registered`);
      const row = rowOf(it, await compute(it, lacking === undefined), lacking === undefined);
      note(row);
      expect(row.valueError, "value").toBeLessThan(tolerance);
      if (row.gradientError !== null) expect(row.gradientError, "gradient").toBeLessThan(tolerance);
    });
  });

  function rowOf({ op, expected }: Case, actual: Outcome, withGradients: boolean): ConformanceRow {
    const { value, gradients } = expected();
    expect(actual.gradients.length).toBe(withGradients ? gradients.length : 0);
    const errors = actual.gradients.map((gradient, i) => errorOverLargest(gradient, gradients[i]!));
    const gradientError = errors.length === 0 ? null : Math.max(...errors);
    return { op, backend, tolerance, valueError: errorOverLargest(actual.value, value), gradientError };
  }
}
