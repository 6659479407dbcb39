import { describe, expect, test } from "vitest";
import { splitPictures } from "../browser.ts";
import { SampleStore } from "../index.ts";
import { splitStore } from "../node.ts";

/** As many pictures of each class as the counts say; of class −1 the last. */
function picturesOf(counts: readonly number[], unlabeled = 0) {
  const of = (label: number, count: number) =>
    Array.from({ length: count }, (_, i) => ({ key: `${label}/${i}.jpg`, label }));
  return [...counts.flatMap((count, label) => of(label, count)), ...of(-1, unlabeled)];
}

const countsIn = (part: readonly { readonly label: number }[], classes: number) =>
  Array.from({ length: classes }, (_, label) => part.filter((one) => one.label === label).length);

describe("splitPictures", () => {
  test.each([
    [[30, 20, 50], {}],
    [[30, 20, 50], { heldOut: 0.25, seed: 5 }],
    [[5, 5, 5, 5, 5], {}],
    [[633, 898, 641, 699, 799], { seed: 42 }],
  ])("holds out what splitStore does, of %j with %j", (counts, options) => {
    const pictures = picturesOf(counts);
    const store = new SampleStore({
      classNames: counts.map((_, label) => String(label)),
      keys: pictures.map(({ key }) => key),
      labels: Int32Array.from(pictures, ({ label }) => label),
      bytes: new SharedArrayBuffer(3),
      spans: Float64Array.from({ length: 2 * pictures.length }, (_, i) => 3 * (i % 2)),
      encoding: { kind: "rgb", width: 1, height: 1 },
    });
    const expected = splitStore(store, options);
    const { train, validation } = splitPictures([...pictures].reverse(), options);
    expect(train.map(({ key }) => key)).toEqual(expected.train.keys);
    expect(validation.map(({ key }) => key)).toEqual(expected.validation.keys);
  });

  test.each([
    [
      [1, 1],
      [1, 1],
      [0, 0],
    ],
    [
      [2, 3],
      [1, 2],
      [1, 1],
    ],
    [
      [1, 40],
      [1, 35],
      [0, 5],
    ],
    [
      [100, 2],
      [89, 1],
      [11, 1],
    ],
    [
      [0, 4, 0, 4],
      [0, 3, 0, 3],
      [0, 1, 0, 1],
    ],
    [[], [], []],
  ])(
    "trains on one of each class at least, and holds out one where there are two: %j",
    (counts, train, held) => {
      const split = splitPictures(picturesOf(counts));
      expect(countsIn(split.train, counts.length)).toEqual(train);
      expect(countsIn(split.validation, counts.length)).toEqual(held);
    },
  );

  test("trains on pictures without a label, and on all if none are to be held out", () => {
    const pictures = picturesOf([10, 10], 7);
    const { train, validation } = splitPictures(pictures);
    expect(train.filter(({ label }) => label === -1).length).toBe(7);
    expect(countsIn(validation, 2)).toEqual([1, 1]);
    expect(splitPictures(pictures, { heldOut: 0 }).validation).toEqual([]);
    expect(new Set([...train, ...validation])).toEqual(new Set(pictures));
  });

  test("moves few when a picture is added, and others with another seed", () => {
    const heldOut = (counts: readonly number[], seed = 0) =>
      new Set(splitPictures(picturesOf(counts), { heldOut: 0.2, seed }).validation.map(({ key }) => key));
    const before = heldOut([100, 100, 100]);
    const after = heldOut([101, 100, 100]);
    expect([...before].filter((key) => !after.has(key)).length).toBeLessThan(3);
    expect([...before].filter((key) => !heldOut([100, 100, 100], 1).has(key)).length).toBeGreaterThan(20);
  });

  test("refuses keys twice, labels that are none, and shares of all", () => {
    const [one, two] = picturesOf([2]);
    expect(() => splitPictures([one!, one!])).toThrow(
      "splitPictures: expected unique keys and as many labels, got 2 keys, 1 of them different, and 2 labels",
    );
    expect(() => splitPictures([one!, { ...two!, label: 0.5 }])).toThrow(
      "splitPictures: labels must be integers >= 0, got 0.5 at labels[1]",
    );
    expect(() => splitPictures([one!, "x" as never])).toThrow(
      "splitPictures: pictures[1] must be a picture with a key and a label, got 'x'",
    );
    for (const label of [2 ** 20, 1e9, 2 ** 32])
      expect(() => splitPictures([one!, { ...two!, label }])).toThrow(
        `splitPictures: labels must be below 1048576, got ${label} at labels[1]`,
      );
    expect(() => splitPictures(Array(2))).toThrow(
      "splitPictures: pictures[0] must be a picture with a key and a label, got undefined",
    );
    expect(() => splitPictures([one!], { heldOut: 1 })).toThrow("heldOut must be in [0, 1), got 1");
  });
});
