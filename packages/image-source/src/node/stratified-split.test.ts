import { describe, expect, test } from "vitest";
import fixture from "../../fixtures/stratified-split.json" with { type: "json" };
import { stratifiedSplit } from "../node.ts";

interface Case {
  readonly counts: number[];
  readonly heldOut: number;
  /** Class counts of both parts; several where ties are broken by chance. */
  readonly parts?: number[][][];
  readonly refused?: string;
}
const cases = fixture.cases as Case[];

function samplesOf(counts: readonly number[]) {
  const labels = counts.flatMap((count, label) => Array.from({ length: count }, () => label));
  return { labels, keys: labels.map((label, i) => `${label}/${i}.jpg`) };
}

function countsOf(part: Int32Array, labels: readonly number[], classes: number): number[] {
  const counts = Array.from({ length: classes }, () => 0);
  for (const i of part) counts[labels[i]!]! += 1;
  return counts;
}

describe("stratifiedSplit", () => {
  test.each(cases.filter(({ parts }) => parts))(
    "of $counts, $heldOut held out, counts as scikit-learn",
    (one) => {
      const { labels, keys } = samplesOf(one.counts);
      for (let seed = 0; seed < 20; seed++) {
        const { train, validation } = stratifiedSplit(keys, labels, { heldOut: one.heldOut, seed });
        const counts = [train, validation].map((part) => countsOf(part, labels, one.counts.length));
        expect(one.parts).toContainEqual(counts);
        expect([...train, ...validation].sort((a, b) => a - b)).toEqual([...keys.keys()]);
      }
    },
  );

  test.each(cases.filter(({ refused }) => refused))("of $counts is refused, as by scikit-learn", (one) => {
    const { labels, keys } = samplesOf(one.counts);
    expect(() => stratifiedSplit(keys, labels, { heldOut: one.heldOut })).toThrow(RangeError);
  });

  test("depends on seed and keys, not on their order", () => {
    const { labels, keys } = samplesOf([30, 50]);
    const heldOut = (order: number[], seed: number) => {
      const some = order.map((i) => keys[i]!);
      const { validation } = stratifiedSplit(
        some,
        order.map((i) => labels[i]!),
        { seed },
      );
      return [...validation].map((i) => some[i]);
    };
    const straight = [...keys.keys()];
    expect(heldOut([...straight].reverse(), 1)).toEqual(heldOut(straight, 1));
    expect(heldOut(straight, 2)).not.toEqual(heldOut(straight, 1));
  });

  test("refuses equal keys, one class, and options that do not fit", () => {
    expect(() => stratifiedSplit(["a", "a"], [0, 1])).toThrow("expected unique keys");
    expect(() => stratifiedSplit(["a", "b"], [0, 0])).toThrow("expected at least 2 classes, got 1");
    expect(() => stratifiedSplit(["a", "b"], [0, 1], { heldOut: 1 })).toThrow(
      "heldOut must be in (0, 1), got 1",
    );
  });

  test("splits 200,000 samples", () => {
    const { labels, keys } = samplesOf([150_000, 50_000]);
    expect(stratifiedSplit(keys, labels).validation.length).toBe(20_000);
  });
});
