import { describe, expect, test } from "vitest";
import fixture from "../../fixtures/stratified-folds.json" with { type: "json" };
import { stratifiedFolds } from "../node.ts";

interface Case {
  readonly counts: number[];
  readonly folds: number;
  /** Counts of the held-out samples, fold by fold and class by class. */
  readonly heldOut?: number[][];
  readonly refused?: string;
}
const cases = fixture.cases as Case[];

function samplesOf(counts: readonly number[]) {
  const labels = counts.flatMap((count, label) => Array.from({ length: count }, () => label));
  return { labels, keys: labels.map((label, i) => `${label}/${i}.jpg`) };
}

describe("stratifiedFolds", () => {
  test.each(cases.filter(({ heldOut }) => heldOut))("of $counts in $folds, counts as scikit-learn", (one) => {
    const { labels, keys } = samplesOf(one.counts);
    for (const seed of [0, 1, 2]) {
      const folds = stratifiedFolds(keys, labels, { folds: one.folds, seed });
      const counts = folds.map(({ validation }) =>
        one.counts.map((_, label) => validation.filter((i) => labels[i] === label).length),
      );
      expect(counts).toEqual(one.heldOut);
      expect(folds.flatMap(({ validation }) => [...validation]).sort((a, b) => a - b)).toEqual([
        ...keys.keys(),
      ]);
      for (const { train, validation } of folds) {
        expect([...train, ...validation].sort((a, b) => a - b)).toEqual([...keys.keys()]);
      }
    }
  });

  test.each(cases.filter(({ refused }) => refused))(
    "of $counts in $folds is refused, as by scikit-learn",
    (one) => {
      const { labels, keys } = samplesOf(one.counts);
      expect(() => stratifiedFolds(keys, labels, { folds: one.folds })).toThrow(
        "stratifiedFolds: folds must be at most the samples of the largest class, 4, got 5",
      );
    },
  );

  test("depend on seed and keys, not on their order", () => {
    const { labels, keys } = samplesOf([30, 50]);
    const heldOut = (order: number[], seed: number) => {
      const [some, ofClass] = [order.map((i) => keys[i]!), order.map((i) => labels[i]!)];
      return stratifiedFolds(some, ofClass, { folds: 4, seed }).map(({ validation }) =>
        [...validation].map((i) => some[i]),
      );
    };
    const straight = [...keys.keys()];
    expect(heldOut([...straight].reverse(), 1)).toEqual(heldOut(straight, 1));
    expect(heldOut(straight, 2)).not.toEqual(heldOut(straight, 1));
  });

  test("refuse equal keys, one class, a class of one sample, and one fold", () => {
    expect(() => stratifiedFolds(["a", "a"], [0, 1], { folds: 2 })).toThrow("expected unique keys");
    expect(() => stratifiedFolds(["a", "b"], [0, 0], { folds: 2 })).toThrow(
      "expected at least 2 classes, got 1",
    );
    expect(() => stratifiedFolds(["a", "b", "c"], [0, 0, 1], { folds: 2 })).toThrow(
      "class 1: expected at least 2 samples, to train and to validate, got 1",
    );
    expect(() => stratifiedFolds(["a", "b"], [0, 1], { folds: 1 })).toThrow(
      "stratifiedFolds: folds must be an integer >= 2, got 1",
    );
  });
});
