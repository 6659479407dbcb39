import { expect, test } from "vitest";
import { constant, cosine } from "./index.ts";

test("constant is constant", () => {
  expect([0, 10, 1e6].map(constant(0.5))).toEqual([0.5, 0.5, 0.5]);
});

test("cosine rises linearly through its warm-up, passes the middle at half its progress and stays at min", () => {
  const rate = cosine({ base: 1, totalSteps: 14, warmupSteps: 4, min: 0.2 });
  expect([0, 1, 2, 3].map(rate)).toEqual([0.25, 0.5, 0.75, 1]);
  expect(rate(4)).toBe(1);
  expect(rate(9)).toBeCloseTo(0.6, 12);
  expect([14, 100].map(rate)).toEqual([0.2, 0.2]);
});

test("cosine refuses a warm-up that never ends", () => {
  expect(() => cosine({ base: 1, totalSteps: 4, warmupSteps: 4 })).toThrow(
    "cosine: totalSteps must be above warmupSteps >= 0, got 4 and 4",
  );
});
