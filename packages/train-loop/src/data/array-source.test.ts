import { type Batch, rowsOfRank } from "sample-keys";
import { collect, rowsAt } from "test-kit";
import { expect, test } from "vitest";
import { arraySource } from "../index.ts";

const images = Float32Array.from({ length: 14 }, (_, i) => i);
const labels = [0, 1, 2, 3, 4, 5, 6];
const samples = { images, shape: [7, 2], labels };

const labelsOf = (batches: readonly Batch[]) => batches.flatMap((batch) => [...batch.labels]);

test("gives every sample once an epoch, in another order each time, its row and its key with it", async () => {
  const source = arraySource(samples, { batchSize: 3, seed: 5 });
  const epochs = await Promise.all([0, 1, 0].map((epoch) => collect(source.batches(epoch))));
  expect(epochs[0]!.map(({ shape }) => shape)).toEqual([
    [3, 2],
    [3, 2],
    [1, 2],
  ]);
  for (const batch of epochs.flat()) {
    const rows = [...batch.labels].flatMap((label) => [2 * label, 2 * label + 1]);
    expect([...batch.images]).toEqual(rows);
  }
  expect([...labelsOf(epochs[0]!)].sort()).toEqual(labels);
  expect(labelsOf(epochs[1]!)).not.toEqual(labelsOf(epochs[0]!));
  expect(epochs[2]).toEqual(epochs[0]);
  const keys = epochs.slice(0, 2).map((batches) => batches.flatMap(({ sampleKeys }) => [...sampleKeys]));
  expect(new Set(keys.flat()).size).toBe(14);
  const other = arraySource(samples, { batchSize: 3, seed: 6 });
  expect(labelsOf(await collect(other.batches(0)))).not.toEqual(labelsOf(epochs[0]!));
});

test.each([1.5, 2 ** 31, -2, Number.NaN])("refuses the label %d, with its place", (label) => {
  expect(() => arraySource({ ...samples, labels: [0, 1, label, 3, 4, 5, 6] }, { batchSize: 3 })).toThrow(
    new RangeError(`arraySource: labels must be integers >= -1, got ${label} at labels[2]`),
  );
});

test("goes on from a batch in the middle of an epoch, and keeps the order where it is told to", async () => {
  const source = arraySource(samples, { batchSize: 3 });
  const whole = await collect(source.batches(4));
  expect(await collect(source.batchesFrom!(4, 1))).toEqual(whole.slice(1));
  const held = arraySource(samples, { batchSize: 3, shuffle: false });
  expect(labelsOf(await collect(held.batches(4)))).toEqual(labels);
});

test.each([1, 2, 3, 4])(
  "deals each batch's rows to %d ranks, those of the whole batch to the bit",
  async (size) => {
    const source = arraySource(samples, { batchSize: 3, seed: 5 }); // the last batch has one row: some ranks have none
    const whole = await collect(source.batchesFrom!(2, 1));
    for (let rank = 0; rank < size; rank++) {
      const expected = whole.map((batch) => {
        const rows = rowsOfRank(batch.labels.length, { rank, size });
        return { batch: rowsAt(batch, rows), rows, sampleKeys: batch.sampleKeys };
      });
      expect(await collect(source.shardsFrom!(2, 1, { rank, size }))).toEqual(expected);
    }
    await expect(collect(source.shardsFrom!(0, 0, { rank: size, size }))).rejects.toThrow(
      `rowsOfRank: rank must be an integer in [0, ${size}), got ${size}`,
    );
  },
);

test.each([
  [{ ...samples, shape: [7, 3] }, 3, "expected 21 numbers and 7 labels for the shape [7,3], got 14 and 7"],
  [{ ...samples, labels: [1, 2] }, 3, "expected 14 numbers and 7 labels for the shape [7,2], got 14 and 2"],
  [{ images: new Float32Array(0), shape: [0, 2], labels: [] }, 3, "samples must be an integer >= 1, got 0"],
  [samples, 0, "batchSize must be an integer >= 1, got 0"],
])("refuses what does not fit", (wrong, batchSize, message) => {
  expect(() => arraySource(wrong, { batchSize })).toThrow(`arraySource: ${message}`);
});
