import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { mcnemar, wilson } from "./significance.ts";

/** Values of statsmodels and scipy, written by the script beside them. */
const golden = JSON.parse(
  readFileSync(new URL("../../test/significance.json", import.meta.url), "utf8"),
) as Record<"wilson" | "mcnemar", number[][]>;

test.each(golden.wilson)("Wilson's interval of %d of %d is statsmodels'", (hits, trials, low, high) => {
  const interval = wilson(hits!, trials!);
  expect(interval.low).toBeCloseTo(low!, 12);
  expect(interval.high).toBeCloseTo(high!, 12);
});

test.each(golden.mcnemar)("McNemar's exact test of %d against %d is statsmodels'", (first, second, p) => {
  expect(Math.abs(mcnemar(first!, second!) - p!)).toBeLessThanOrEqual(1e-9 * p!);
});
