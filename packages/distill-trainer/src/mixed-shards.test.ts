// Each rank's mixed rows are those of the whole mixed batch, to the bit.

import { type Batch, MULTI_LABEL, mix64, type RankShare, rowsOfRank, sampleKey, uniform } from "sample-keys";
import { collect, rowsAt, sectors } from "test-kit";
import type { BatchShard, DataSource } from "train-loop";
import { describe, expect, test } from "vitest";
import { type MixedSourceOptions, mixedSource } from "./index.ts";
import { firstSteps } from "./transfer/fine-tune.ts";

const CLASSES = 3;
const SIZE = 27; // batches of 8, 8, 8 and 3
const LABELS = {
  "a label each": (row: number) => ({ label: row % CLASSES }),
  "labels of a few": (row: number) => ({ label: row % 4 === 1 ? row % CLASSES : -1 }),
  "labeled shares": (row: number) => ({ label: row % CLASSES, weight: [0, 1, 1 / 3][row % 3]! }),
  "several labels": (row: number) => ({
    ...{ label: row % 5 === 0 ? -1 : MULTI_LABEL },
    targets: [0, 1, 2].map((c) => (row % 5 === 0 ? 0 : Number((row >> c) % 2 === 1))),
  }),
} as const satisfies Record<string, (row: number) => { label: number; weight?: number; targets?: number[] }>;
type Kind = keyof typeof LABELS;

/** Pictures for a student and a teacher, and whatever else a batch may have. */
function pictures(kind: Kind): Required<Omit<DataSource, "sizeOf" | "skips">> {
  const labelsOf = LABELS[kind] as (row: number) => { label: number; weight?: number; targets?: number[] };
  const pixels = (rows: readonly number[], side: number): Float32Array =>
    Float32Array.from(
      rows.flatMap((row) => Array.from({ length: side * side * 3 }, (_, i) => uniform(row, side, i) * 255)),
    );
  async function* batchesFrom(epoch: number, firstBatch: number): AsyncGenerator<Batch> {
    for (let start = 8 * firstBatch; start < SIZE; start += 8) {
      const rows = Array.from(
        { length: Math.min(8, SIZE - start) },
        (_, i) => ((start + i) * 5 + epoch) % SIZE,
      );
      const labels = rows.map((row) => labelsOf(row));
      yield {
        images: pixels(rows, 4),
        shape: [rows.length, 4, 4, 3],
        teacherImages: pixels(rows, 6),
        teacherShape: [rows.length, 6, 6, 3],
        labels: Int32Array.from(labels, ({ label }) => label),
        sampleKeys: Uint32Array.from(rows, (row) => sampleKey(3, epoch, row)),
        viewKeys: BigUint64Array.from(rows, (row) => mix64(BigInt(row))),
        ...(kind === "labeled shares" && {
          labelWeights: Float32Array.from(labels, ({ weight }) => weight!),
        }),
        ...(kind === "several labels" && {
          targets: Float32Array.from(labels.flatMap(({ targets }) => targets!)),
        }),
      };
    }
  }
  async function* shardsFrom(
    epoch: number,
    firstBatch: number,
    share: RankShare,
  ): AsyncGenerator<BatchShard> {
    for await (const batch of batchesFrom(epoch, firstBatch)) {
      const rows = rowsOfRank(batch.labels.length, share);
      yield { batch: rowsAt(batch, rows), rows, sampleKeys: batch.sampleKeys };
    }
  }
  return { size: SIZE, batchSize: 8, batches: (epoch) => batchesFrom(epoch, 0), batchesFrom, shardsFrom };
}

/** A shard without a row that lacks a label has no weights, where the whole batch has weights of 1. */
const weighed = (batch: Batch): Batch => ({
  labelWeights: new Float32Array(batch.labels.length).fill(1),
  ...batch,
});

const MIXES: Record<string, Omit<MixedSourceOptions, "classes">> = {
  "by batch": {},
  "by pair": { mode: "pair" },
  "by row": { mode: "elem" },
  "by row, half of them": { mode: "elem", probability: 0.5 },
};
const CASES = Object.keys(MIXES).flatMap((mix) =>
  Object.keys(LABELS).map((labels) => [mix, labels as Kind] as const),
);

describe("mixedSource's shards", () => {
  test.each(CASES)("mixed %s, of samples with %s", async (mix, labels) => {
    const source = mixedSource(pictures(labels), { classes: CLASSES, ...MIXES[mix] });
    for (const epoch of [0, 2]) {
      const whole = await collect(source.batchesFrom!(epoch, 1));
      expect(whole.length).toBe(3);
      for (const size of [1, 2, 3, 4])
        for (let rank = 0; rank < size; rank++) {
          const shards = await collect(source.shardsFrom!(epoch, 1, { rank, size }));
          const expected = whole.map((batch) => {
            const rows = rowsOfRank(batch.labels.length, { rank, size });
            return { batch: weighed(rowsAt(batch, rows)), rows, sampleKeys: batch.sampleKeys };
          });
          expect(shards.map((shard) => ({ ...shard, batch: weighed(shard.batch) }))).toEqual(expected);
        }
    }
  });

  test("are not there where the source has none", () => {
    expect(mixedSource(sectors(4, 4), { classes: 3 }).shardsFrom).toBeUndefined();
    expect(firstSteps(sectors(4, 4), 1).shardsFrom).toBeUndefined();
  });

  test("end with the steps of a fine-tuning, as its batches do", async () => {
    const source = firstSteps(pictures("a label each"), 6); // four a full epoch
    for (const [epoch, first] of [
      [0, 0],
      [1, 0],
      [1, 1],
      [2, 0],
    ] as const) {
      const whole = await collect(source.batchesFrom!(epoch, first));
      const shards = await collect(source.shardsFrom!(epoch, first, { rank: 1, size: 2 }));
      expect(shards.map(({ sampleKeys }) => sampleKeys)).toEqual(whole.map(({ sampleKeys }) => sampleKeys));
      expect(whole.length).toBe(epoch === 0 ? 4 : epoch === 1 ? 2 - first : 0);
    }
  });
});
