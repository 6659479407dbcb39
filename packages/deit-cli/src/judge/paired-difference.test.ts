import { describe, expect, test } from "vitest";
import { pairedDifference } from "./paired-difference.ts";

/** Answers of two models: both right, only the first, only the second, both wrong. */
function answers(both: number, onlyFirst: number, onlySecond: number, neither: number) {
  const cells = [both, onlyFirst, onlySecond, neither];
  const of = (right: readonly boolean[]) => cells.flatMap((n, i) => new Array<boolean>(n).fill(right[i]!));
  return [of([true, true, false, false]), of([true, false, true, false])] as const;
}

describe("the difference of two accuracies on the same pictures", () => {
  test("has the interval of a survey: 944 approve at first, 880 later, of 1,600 people", () => {
    // Agresti, "Categorical Data Analysis", table 10.1: Wald's interval there is −0.04 ± 0.0187; this one is shrunk by 2 in 1,602.
    const { difference, interval, ...only } = pairedDifference(...answers(794, 150, 86, 570));
    expect(difference).toBe(-0.04);
    expect(only).toEqual({ onlyFirst: 150, onlySecond: 86 });
    expect(interval.low).toBeCloseTo(-0.0587, 3);
    expect(interval.high).toBeCloseTo(-0.0213, 3);
  });

  test("is not certain where both classify the same pictures right", () => {
    const { difference, interval } = pairedDifference(...answers(5, 0, 0, 5));
    expect(difference).toBe(0);
    expect(interval.high).toBeCloseTo(1.959963984540054 / 12, 12); // one picture in 12 is apart
    expect(interval.low).toBe(-interval.high);
  });

  test.each([
    [0.1, 0.1],
    [0.05, 0.2],
    [0.02, 0.3],
    [0.25, 0.25],
    [0.02, 0.02],
  ])("covers the true one in 95 of 100 samples of 40 or more, with shares %f and %f apart", (p, q) => {
    const n = 40;
    const logs = Array.from({ length: n + 1 }, (_, k) => Math.log(Math.max(1, k)));
    const logFactorial = logs.map((_, k) => logs.slice(0, k + 1).reduce((sum, one) => sum + one, 0));
    let covered = 0;
    for (let b = 0; b <= n; b++) {
      for (let c = 0; b + c <= n; c++) {
        const rest = n - b - c;
        const ways = logFactorial[n]! - logFactorial[b]! - logFactorial[c]! - logFactorial[rest]!;
        const chance = Math.exp(ways + b * Math.log(p) + c * Math.log(q) + rest * Math.log(1 - p - q));
        const { low, high } = pairedDifference(...answers(rest, b, c, 0)).interval;
        if (low <= q - p && q - p <= high) covered += chance;
      }
    }
    expect(covered).toBeGreaterThan(0.94);
  });
});
