import { expect, test } from "vitest";
import fixture from "../../fixtures/stratified-split.json" with { type: "json" };
import { SampleStore } from "../index.ts";
import { keepLabels, splitStore, stratifiedSplit } from "../node.ts";

interface Case {
  readonly counts: number[];
  /** Share, or number if it is above 1. */
  readonly keep: number;
  /** Class counts; several where ties are broken by chance. */
  readonly kept?: number[][];
  readonly refused?: string;
}
const cases = fixture.kept as Case[];
const amountOf = ({ keep }: Case) => (keep < 1 ? { share: keep } : { count: keep });

/** Black pictures of one pixel. */
function storeOf(counts: readonly number[]): SampleStore {
  const labels = counts.flatMap((count, label) => Array.from({ length: count }, () => label));
  return new SampleStore({
    classNames: counts.map((_, label) => `class ${label}`),
    keys: labels.map((label, i) => `${label}/${i}.png`),
    labels: Int32Array.from(labels),
    bytes: new SharedArrayBuffer(3 * labels.length),
    spans: Float64Array.from(labels.flatMap((_, i) => [3 * i, 3 * i + 3])),
    encoding: { kind: "rgb", width: 1, height: 1 },
  });
}

const countsOf = ({ labels }: SampleStore, classes: number): number[] =>
  Array.from({ length: classes }, (_, label) => labels.filter((one) => one === label).length);

test.each(cases.filter(({ kept }) => kept))("of $counts, $keep kept, counts as scikit-learn", (one) => {
  const store = storeOf(one.counts);
  for (let seed = 0; seed < 20; seed++) {
    const few = keepLabels(store, { ...amountOf(one), seed });
    expect(one.kept).toContainEqual(countsOf(few, one.counts.length));
    few.labels.forEach((label, i) => void expect([-1, store.labels[i]]).toContain(label));
    expect(few.keys).toBe(store.keys);
  }
});

test.each(cases.filter(({ refused }) => refused))(
  "of $counts, $keep kept is refused, as by scikit-learn",
  (one) => {
    expect(() => keepLabels(storeOf(one.counts), amountOf(one))).toThrow(
      "keepLabels: expected at least a label for each of 3 classes and at most 30, got 2",
    );
  },
);

test("depends on seed and keys; more labels of one seed include fewer", () => {
  const store = storeOf([30, 50]);
  const keptKeys = (of: SampleStore, perClass: number, seed: number) =>
    keepLabels(of, { perClass, seed }).keys.filter(
      (_, i) => keepLabels(of, { perClass, seed }).labels[i]! >= 0,
    );
  const backwards = store.subset([...store.keys.keys()].reverse());
  expect(new Set(keptKeys(backwards, 5, 1))).toEqual(new Set(keptKeys(store, 5, 1)));
  expect(keptKeys(store, 5, 2)).not.toEqual(keptKeys(store, 5, 1));
  expect(keptKeys(store, 9, 1)).toEqual(expect.arrayContaining(keptKeys(store, 5, 1)));
  expect(countsOf(keepLabels(store, { perClass: 5 }), 2)).toEqual([5, 5]);
  expect(keepLabels(store, { share: 1 }).labels).toEqual(store.labels);
});

test("refuses what does not fit, and hidden labels to split by", () => {
  const store = storeOf([3, 5]);
  expect(() => keepLabels(store, {})).toThrow(
    "keepLabels: expected one of share, count and perClass, got none",
  );
  expect(() => keepLabels(store, { share: 0.5, count: 2 })).toThrow("count and perClass, got 2");
  expect(() => keepLabels(store, { perClass: 4 })).toThrow(
    "perClass must be at most 3, the pictures of class 'class 0', got 4",
  );
  expect(() => keepLabels(store, { count: 9 })).toThrow("at most 8, got 9");
  expect(() => keepLabels(store, { share: 1.5 })).toThrow("share must be in (0, 1], got 1.5");
  const few = keepLabels(store, { perClass: 1 });
  expect(() => keepLabels(few, { perClass: 1 })).toThrow("keepLabels: labels must be integers >= 0, got -1");
  expect(() => splitStore(few)).toThrow("splitStore: expected pictures with labels, got one without (-1)");
  expect(() => stratifiedSplit(few.keys, few.labels)).toThrow(
    "stratifiedSplit: labels must be integers >= 0, got -1",
  );
});
