// Several programs that store a teacher's logits together, each its rows, in one folder.

import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { type Batch, mix64, type RankShare, rowsOfRank, sampleKey } from "sample-keys";
import { collect, emptyFolder, rowsAt } from "test-kit";
import { startBackend } from "tfjs-backends";
import type { BatchShard, DataSource } from "train-loop";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  layersTeacher,
  type StoreProgress,
  storeCrossFitLogits,
  storedAnswers,
  storedTeacher,
  storeTeacherLogits,
  type Teacher,
} from "../index.ts";
import { logitStore } from "../node.ts";

const SIZE = 19; // batches of 8, 8 and 3: of four programs, two have none of the last
const OF = { classes: 3, teacher: "t", views: "v" };
const everyone = Array.from({ length: SIZE }, (_, i) => i);
const keysOf = (samples: readonly number[]) => BigUint64Array.from(samples, (i) => mix64(BigInt(i)));

let folder: string;
beforeAll(() => startBackend("cpu"));
beforeEach(async () => {
  folder = await emptyFolder();
});

/** Points whose views repeat in every epoch, in another order. */
function points(makesShards: boolean): DataSource {
  async function* batches(epoch: number): AsyncGenerator<Batch & { readonly indices: Int32Array }> {
    for (let start = 0; start < SIZE; start += 8) {
      const indices = Int32Array.from(everyone.slice(start, start + 8), (i) => (i * 7 + epoch * 3) % SIZE);
      yield {
        images: Float32Array.from([...indices].flatMap((i) => [Math.sin(i) * 100, Math.cos(i) * 100])),
        shape: [indices.length, 2],
        labels: indices.map((i) => i % 3),
        sampleKeys: Uint32Array.from(indices, (i) => sampleKey(1, epoch, i)),
        viewKeys: keysOf([...indices]),
        indices,
      };
    }
  }
  async function* shardsFrom(epoch: number, first: number, share: RankShare): AsyncGenerator<BatchShard> {
    for (const batch of (await collect(batches(epoch))).slice(first)) {
      const rows = rowsOfRank(batch.labels.length, share);
      yield { batch: rowsAt(batch, rows), rows, sampleKeys: batch.sampleKeys };
    }
  }
  return { size: SIZE, batchSize: 8, batches, ...(makesShards && { shardsFrom }) };
}

function teacherOf(): { readonly teacher: Teacher; readonly asked: () => number } {
  const kernelInitializer = tfl.initializers.glorotNormal({ seed: 1 });
  const { logits, classes } = layersTeacher(
    tfl.sequential({ layers: [tfl.layers.dense({ units: 3, inputShape: [2], kernelInitializer })] }),
  );
  let rows = 0;
  const counted: Teacher["logits"] = (images, views) => {
    rows += images.shape[0]!;
    return logits(images, views);
  };
  return { teacher: { classes, logits: counted }, asked: () => rows };
}

/** Stores with `size` programs, each with a store of its own, at the same time. */
async function storeWith(
  size: number,
  storing: (store: ReturnType<typeof logitStore>, share: RankShare) => Promise<StoreProgress>,
): Promise<StoreProgress[]> {
  return Promise.all(
    Array.from({ length: size }, async (_, rank) => {
      const store = logitStore(folder, OF);
      try {
        return await storing(store, { rank, size });
      } finally {
        store.close();
      }
    }),
  );
}

const CASES = [1, 2, 3, 4].flatMap((size) => [true, false].map((shards) => [size, shards] as const));

describe("storeTeacherLogits", () => {
  test.each(CASES)("divides the work between %d programs (shards: %s)", async (size, makesShards) => {
    const source = points(makesShards);
    const { teacher, asked } = teacherOf();
    const ends = await storeWith(size, (store, share) =>
      storeTeacherLogits(teacher, source, store, { epochs: 1, microBatchSize: 3, share }),
    );
    const own = ends.map((_, rank) =>
      [8, 8, 3].reduce((sum, rows) => sum + rowsOfRank(rows, { rank, size }).length, 0),
    );
    expect(ends).toEqual(own.map((rows) => ({ done: rows, total: rows, computed: rows })));
    expect(asked()).toBe(SIZE); // each view once

    const again = logitStore(folder, OF);
    const stored = storedTeacher(teacher, again);
    for await (const { images, shape, viewKeys } of source.batches(1)) {
      const xs = tf.tensor2d(images, [shape[0]!, 2]);
      const live = await teacherOf().teacher.logits(xs);
      const read = await stored.logits(xs, { viewKeys: viewKeys! });
      expect(read.dataSync()).toEqual(live.dataSync());
    }
    expect(asked()).toBe(SIZE);
    again.close();
  });

  test("of one program is finished by as many as there are next time", async () => {
    const { teacher, asked } = teacherOf();
    const stop = new AbortController();
    const [first] = await Promise.allSettled([
      storeWith(1, (store, share) =>
        storeTeacherLogits(teacher, points(true), store, {
          ...{ epochs: 1, share, signal: stop.signal },
          onProgress: () => stop.abort(new Error("enough")),
        }),
      ),
    ]);
    expect(first.status).toBe("rejected");
    expect(asked()).toBe(8);
    const ends = await storeWith(2, (store, share) =>
      storeTeacherLogits(teacher, points(true), store, { epochs: 1, microBatchSize: 1, share }),
    );
    expect(ends.map(({ computed }) => computed)).toEqual([6, 5]);
    expect(asked()).toBe(SIZE);
  });

  test.each([{ rank: 2, size: 2 }, { rank: 0 }, 1])("refuses the share %o", async (share) => {
    const { teacher } = teacherOf();
    const store = logitStore(folder, OF);
    await expect(
      storeTeacherLogits(teacher, points(true), store, { epochs: 1, share: share as RankShare }),
    ).rejects.toThrow(
      "storeTeacherLogits: share must be { rank, size }, integers with rank in [0, size), got",
    );
    store.close();
  });
});

describe("storeCrossFitLogits", () => {
  test.each(CASES)("divides the work between %d programs (shards: %s)", async (size, makesShards) => {
    const asked: number[] = [];
    const teachers = [0, 1].map(
      (fold): Teacher => ({
        classes: 3,
        logits(images) {
          asked.push(images.shape[0]!);
          return tf.concat([images, tf.fill([images.shape[0]!, 1], fold)], 1) as tf.Tensor2D;
        },
      }),
    );
    const ends = await storeWith(size, (store, share) =>
      storeCrossFitLogits(teachers, points(makesShards), store, {
        ...{ epochs: 1, share },
        foldOf: ({ indices }: Batch & { readonly indices: Int32Array }) => indices.map((i) => i % 2),
      }),
    );
    expect(ends.reduce((sum, { computed }) => sum + computed, 0)).toBe(SIZE);
    expect(asked.reduce((sum, rows) => sum + rows, 0)).toBe(SIZE);
    const store = logitStore(folder, OF);
    const answers = await storedAnswers(store).logits(tf.zeros([SIZE, 2]), { viewKeys: keysOf(everyone) });
    expect((await answers.array()).map((row) => row[2])).toEqual(everyone.map((i) => i % 2));
    store.close();
  });
});
