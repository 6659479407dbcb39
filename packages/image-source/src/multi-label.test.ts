import { normal, sampleKey, uniform } from "sample-keys";
import { describe, expect, test } from "vitest";
import { classCounts, joinStores, MULTI_LABEL, SampleStore, type SampleStoreParts } from "./index.ts";
import { batches, imageSource, keepLabels, splitStore, stratifiedFolds } from "./node.ts";

const CLASSES = ["cat", "dog", "tree"];

/** Black pictures of one pixel with these classes each; `undefined`: nobody labeled it. */
function storeOf(sets: readonly (readonly number[] | undefined)[], parts: Partial<SampleStoreParts> = {}) {
  const size = sets.length;
  return new SampleStore({
    classNames: CLASSES,
    keys: sets.map((_, i) => `all/${i}`),
    labels: Int32Array.from(sets, (set) => (set === undefined ? -1 : MULTI_LABEL)),
    multiHot: Uint8Array.from(
      sets.flatMap((set) => CLASSES.map((_, label) => Number(set?.includes(label) ?? false))),
    ),
    bytes: new SharedArrayBuffer(3 * size),
    spans: Float64Array.from({ length: 2 * size }, (_, i) => 3 * Math.ceil(i / 2)),
    encoding: { kind: "rgb", width: 1, height: 1 },
    ...parts,
  });
}

describe("a store of pictures with several labels", () => {
  const store = storeOf([[0, 2], [], [1], undefined]);

  test("knows a picture without any class from one without a label", () => {
    expect([...store.labels]).toEqual([-2, -2, -2, -1]);
    expect([0, 1, 2, 3].map((i) => store.classesOf(i))).toEqual([[0, 2], [], [1], []]);
    expect(classCounts(store)).toEqual([1, 1, 1]);
    const { multiHot: _, ...single } = { ...store, labels: Int32Array.of(2, -1, 2, 0) };
    expect(classCounts(new SampleStore(single))).toEqual([1, 0, 2]);
    expect(new SampleStore(single).classesOf(1)).toEqual([]);
  });

  test("keeps its rows in subsets, turned and joined", () => {
    expect([...store.subset([2, 0]).multiHot!]).toEqual([0, 1, 0, 1, 0, 1]);
    const files = new SampleStore({ ...store, encoding: { kind: "file" } }).withUpright(true);
    expect(files.multiHot).toEqual(store.multiHot);
    const other = storeOf([[1, 2]], { keys: ["more/0"] });
    expect([...joinStores(store, other).multiHot!]).toEqual([1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 1]);
    const { multiHot: _, ...rest } = other;
    const unlabeled = new SampleStore({ ...rest, labels: Int32Array.of(-1) });
    const joined = joinStores(unlabeled, store);
    expect([...joined.labels]).toEqual([-1, -2, -2, -2, -1]);
    expect([...joined.multiHot!]).toEqual([0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
    const single = new SampleStore({ ...rest, labels: Int32Array.of(2) });
    expect(() => joinStores(store, single)).toThrow(
      "joinStores: expected two stores with labels of one kind, got one with a class a picture and one with several (-2)",
    );
  });

  test.each([1, 3])("gives its rows to the batches of %d threads", async (workers) => {
    const rows: number[][] = [];
    const options = { batchSize: 3, imageSize: 1, training: true, seed: 5, workers };
    for await (const { targets, labels, indices } of batches(store, options)) {
      labels.forEach((label, row) => {
        expect(label).toBe(store.labels[indices[row]!]);
        expect([...targets!.subarray(3 * row, 3 * row + 3)]).toEqual(
          CLASSES.map((_, c) => Number(store.classesOf(indices[row]!).includes(c))),
        );
        rows.push([indices[row]!]);
      });
    }
    expect(rows.flat().sort()).toEqual([0, 1, 2, 3]);
  });

  test("refuses rows that do not fit the labels", () => {
    const refuse = (parts: Partial<SampleStoreParts>) => () => storeOf([[0], [1]], parts);
    expect(refuse({ multiHot: new Uint8Array(5) })).toThrow(
      "SampleStore: multiHot must be [2, 3], 6 numbers, got 5",
    );
    expect(refuse({ multiHot: Uint8Array.of(0, 0, 0, 0, 2, 0) })).toThrow(
      "SampleStore: multiHot must be 0 or 1, got 2 in row 1, class 1",
    );
    expect(refuse({ labels: Int32Array.of(0, -2) })).toThrow(
      "SampleStore: labels beside multiHot must be -2, MULTI_LABEL, or -1 for none, got 0",
    );
    expect(refuse({ labels: Int32Array.of(-2, -1) })).toThrow(
      "SampleStore: sample 1 has no label (-1), but multiHot has its class 1",
    );
    const { multiHot: _, ...single } = storeOf([[0]]);
    expect(() => new SampleStore(single)).toThrow(
      "SampleStore: labels must be in [0, 3), or -1 for none, got -2: several labels need multiHot",
    );
  });

  test("is refused where a picture must have one class", () => {
    expect(() => keepLabels(store, { share: 0.5 })).toThrow(
      "keepLabels: expected pictures with one class each, got a store with several labels",
    );
    expect(() => stratifiedFolds(store.keys, store.labels, { folds: 2 })).toThrow(
      "stratifiedFolds: labels must be integers >= 0, got -2 at labels[0]",
    );
  });
});

describe("splitStore of pictures with several labels", () => {
  test("follows the paper's steps, worked by hand", () => {
    // Held out: a quarter of 8. Class 2, the rarest, goes first: one of four is wanted in the held-out part, three in the other.
    const store = storeOf([
      [2],
      [2],
      [2],
      [2],
      [0, 1],
      [0, 1],
      [0, 1],
      [0, 1],
      [0, 1],
      [0, 1],
      [0, 1],
      [0, 1],
    ]);
    const { train, validation } = splitStore(store, { heldOut: 0.25, seed: 3 });
    expect([classCounts(train), classCounts(validation)]).toEqual([
      [6, 6, 3],
      [2, 2, 1],
    ]);
  });

  test("gives each class its share within one sample, in any order of the pictures", () => {
    const draw = (i: number, label: number) =>
      uniform(sampleKey(7, 0, i), 1, label) < [0.5, 0.2, 0.04][label]!;
    const sets = Array.from({ length: 500 }, (_, i) => [0, 1, 2].filter((label) => draw(i, label)));
    const store = storeOf(sets);
    const { train, validation } = splitStore(store, { heldOut: 0.2, seed: 1 });
    expect(train.size + validation.size).toBe(500);
    expect(Math.abs(validation.size - 100)).toBeLessThanOrEqual(2);
    const all = classCounts(store);
    classCounts(validation).forEach((count, label) => {
      expect(Math.abs(count - 0.2 * all[label]!)).toBeLessThanOrEqual(1);
    });
    const mixed = [...store.keys.keys()].sort((a, b) => normal(a, 1, 0) - normal(b, 1, 0));
    const again = splitStore(store.subset(mixed), { heldOut: 0.2, seed: 1 });
    expect(again.validation.keys).toEqual(validation.keys);
    expect(splitStore(store, { heldOut: 0.2, seed: 2 }).validation.keys).not.toEqual(validation.keys);
  });

  test("names a class with too few pictures, and a picture without a label", () => {
    expect(() => splitStore(storeOf([[0], [0, 1], [1], [2]]))).toThrow(
      "splitStore: class 'tree': expected at least 2 pictures, to train and to validate, got 1",
    );
    expect(() => splitStore(storeOf([[0], undefined]))).toThrow(
      "splitStore: expected pictures with labels, got one without (-1) at labels[1]",
    );
  });
});

describe("balanced sampling", () => {
  const several = storeOf([
    ...new Array<number[]>(300).fill([0]),
    ...new Array<number[]>(60).fill([0, 1]),
    [2],
    [],
    [],
  ]);
  const single = new SampleStore({
    ...several,
    multiHot: undefined!,
    labels: Int32Array.from({ length: several.size }, (_, i) => (i < 300 ? 0 : i < 360 ? 1 : 2)),
  });
  const options = { batchSize: 50, imageSize: 1, training: true, seed: 4, sampling: "balanced" } as const;

  test.each([
    { name: "one label", store: single, shares: [1 / 3, 1 / 3, 1 / 3] },
    // By the rarest class of each: 300 of 1 / 360, 60 of 1 / 60, one of 1, two of 1 / 2.
    {
      name: "several labels",
      store: several,
      shares: [300 / 360, 1, 1, 1].map((of) => of / (300 / 360 + 3)),
    },
  ])(
    "of $name draws all classes alike, the same with any threads and from any batch",
    async ({ store, shares }) => {
      const drawn: number[] = [];
      const keys: number[] = [];
      const one = imageSource(store, { ...options, workers: 1 });
      const epochs = 10;
      for (let epoch = 0; epoch < epochs; epoch++)
        for await (const { indices, sampleKeys } of one.batches(epoch)) {
          drawn.push(...indices);
          keys.push(...sampleKeys);
        }
      expect(drawn.length).toBe(epochs * store.size);
      expect(new Set(keys).size).toBe(keys.length); // a sample that is drawn twice has two crops
      const groupOf = (i: number) => (i < 300 ? 0 : i < 360 ? 1 : i === 360 || store === single ? 2 : 3);
      shares.forEach((share, group) => {
        const count = drawn.filter((i) => groupOf(i) === group).length;
        expect(Math.abs(count / drawn.length - share)).toBeLessThan(
          5 * Math.sqrt((share * (1 - share)) / drawn.length),
        );
      });
      const two = imageSource(store, { ...options, workers: 2 });
      const rest: number[] = [];
      for await (const { sampleKeys } of two.batchesFrom(1, 3)) rest.push(...sampleKeys);
      expect(rest).toEqual(keys.slice(store.size + 150, 2 * store.size));
      await Promise.all([one.close(), two.close()]);
    },
  );

  test("is of training only, and refuses pictures without labels and a shuffle buffer", async () => {
    const whole = imageSource(single, { ...options, training: false });
    const indices: number[] = [];
    for await (const batch of whole.batches(0)) indices.push(...batch.indices);
    await whole.close();
    expect(indices).toEqual([...single.keys.keys()]);
    expect(() => imageSource(storeOf([[0], undefined]), options)).toThrow(
      "imageSource: balanced sampling needs a label of each sample, got none (-1) at labels[1]",
    );
    expect(() => imageSource(single, { ...options, shuffleBuffer: 4 })).toThrow(
      "imageSource: expected a sampling or a shuffleBuffer, got both",
    );
  });
});
