import { describe, expect, test } from "vitest";
import reference from "../fixtures/schedules.json" with { type: "json" };
import { constant, cosine, type Schedule, scaledLearningRate, stepDecay, warmup } from "./index.ts";

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

// Made by fixtures/schedules.py with the libraries themselves.
describe("follows", () => {
  const { base } = reference;
  const decaying = cosine({ base, totalSteps: 20, min: 1e-5 });
  test.each<[string, Schedule, number[]]>([
    [
      "timm's cosine over its warm-up, as DeiT",
      warmup(decaying, { steps: 5, from: 1e-6, mode: "replaces" }),
      reference.timmCosine,
    ],
    [
      "timm's cosine after its warm-up",
      warmup(decaying, { steps: 5, from: 1e-6 }),
      reference.timmCosinePrefix,
    ],
    ["timm's steps", stepDecay({ base, every: 6, factor: 0.3 }), reference.timmStep],
    [
      "PyTorch's warm-up and cosine in sequence",
      // PyTorch's own cosine rises again after its end at step 20; these stay down.
      warmup(cosine({ base, totalSteps: 15, min: 1e-5 }), { steps: 5, from: base / 10 }),
      reference.torchSequential.slice(0, 21),
    ],
  ])("%s", (_, schedule, expected) => {
    expected.forEach((rate, step) => {
      expect(Math.abs(schedule(step) - rate), `step ${step}`).toBeLessThan(1e-12);
    });
  });
});

test("the linear scaling rule is DeiT's, per 512", () => {
  expect(scaledLearningRate(5e-4, 1024)).toBe(1e-3);
  expect(scaledLearningRate(0.1, 512, 256)).toBe(0.2);
});

test("refuses a warm-up that never ends, and one of negative length, and drops without end", () => {
  expect(() => cosine({ base: 1, totalSteps: 4, warmupSteps: 4 })).toThrow(
    "cosine: totalSteps must be above warmupSteps >= 0, got 4 and 4",
  );
  expect(() => warmup(constant(1), { steps: -1 })).toThrow(
    "warmup: steps must be a finite number >= 0, got -1",
  );
  expect(() => stepDecay({ base: 1, every: 0 })).toThrow(
    "stepDecay: every must be a finite number >= 1, got 0",
  );
});
