import { describe, expect, test } from "vitest";
import { type Figure, figuresOf, headline, points, pText } from "./figures.ts";

const right = (from: number, to: number) => Array.from({ length: 100 }, (_, i) => i >= from && i < to);
const environment = { validationImages: 100 };

test("a student with a teacher has its difference from the student alone, picture by picture", () => {
  const figures = figuresOf({
    models: [
      { name: "teacher", valAccuracy: 0.9, right: right(0, 90) },
      { name: "student alone", valAccuracy: 0.5, right: right(0, 50) },
      { name: "student distilled", valAccuracy: 0.6, right: right(5, 65) },
    ],
    environment,
  });
  expect(figures.map(({ difference }) => difference?.difference)).toEqual([undefined, undefined, 0.1]);
  expect(figures[2]!.difference).toMatchObject({ onlyFirst: 5, onlySecond: 15, isClear: true });
  expect(figures[2]!.difference!.p).toBeCloseTo(0.0413895, 7); // scipy.stats.binomtest(5, 20)
  expect(figures[0]!.interval.low).toBeCloseTo(0.8256343, 6); // statsmodels' proportion_confint(90, 100, method="wilson")
});

test("no difference is made up where models were judged on other pictures, or by their accuracy alone", () => {
  const alone = { name: "student alone", valAccuracy: 0.5, right: right(0, 50) } as const;
  for (const other of [{}, { right: right(0, 60).slice(1) }]) {
    const models = [alone, { name: "student distilled", valAccuracy: 0.6, ...other } as const];
    expect(figuresOf({ models, environment })[1]!.difference).toBeUndefined();
  }
});

describe("the headline", () => {
  const of = (name: Figure["name"], accuracy: number, isClear?: boolean, difference = 0.1): Figure => ({
    ...{ name, accuracy, pictures: 1000, interval: { low: 0, high: 1 } },
    ...(isClear !== undefined && {
      difference: {
        difference,
        isClear,
        p: 0.01,
        onlyFirst: 1,
        onlySecond: 2,
        interval: { low: 0, high: 1 },
      },
    }),
  });
  const alone = of("student alone", 0.7);

  test.each([
    [
      [alone, of("student by answers", 0.71, false), of("student by features", 0.8, true)],
      "The teacher’s features helped: 80.0% instead of 70.0%",
    ],
    [
      [alone, of("student by answers", 0.8, true), of("student by features", 0.71, false)],
      "The teacher’s answers helped: 80.0% instead of 70.0%",
    ],
    [[alone, of("student distilled", 0.8, true)], "The teacher helped: 80.0% instead of 70.0%"],
    [[alone, of("student distilled", 0.6, true, -0.1)], "The teacher did harm: 60.0% instead of 70.0%"],
    [
      [alone, of("student distilled", 0.71, false)],
      "No clear difference: 71.0% with the teacher, 70.0% alone",
    ],
    [[alone, of("student distilled", 0.8)], "No clear difference: 80.0% with the teacher, 70.0% alone"],
    [[alone], "The student classifies 70.0% of 1,000 held-out pictures right"],
    [
      [of("teacher", 0.9), of("student distilled", 0.8)],
      "The student classifies 80.0% of 1,000 held-out pictures right",
    ],
  ])("says no more than the pictures do", (figures, expected) => {
    expect(headline(figures)).toBe(expected);
  });
});

test("points have a sign, except 0", () => {
  expect([0.122, -0.003, 0.0004, -0.0004].map(points)).toEqual(["+12.2", "−0.3", "0.0", "0.0"]);
  expect([0.0001, 0.0414].map(pText)).toEqual(["p < 0.001", "p = 0.041"]);
});
