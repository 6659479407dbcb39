import type { RankShare } from "sample-keys";
import { balancedSampling } from "../batches/balanced-sampling.ts";
import { batchOf } from "../batches/batch-of.ts";
import { epochLength } from "../batches/epoch-order.ts";
import { type BatchRows, epochRows } from "../batches/epoch-rows.ts";
import type { ImageSource } from "../batches/image-source.ts";
import { viewPlan } from "../batches/view-plan.ts";
import { ALONE, wholeBatches } from "../batches/whole-batches.ts";
import type { ImageShard } from "../image-batch.ts";
import type { SampleStore } from "../sample-store.ts";
import { type ImageSourceOptions, type SourceSettings, settingsOf } from "./source-options.ts";
import { startPool, type WorkerPool } from "./threads/worker-pool.ts";
import type { StorePlan, Views, ViewTask } from "./views/make-views.ts";
import { viewSettingsOf } from "./views/view-settings.ts";
import { VIEWS } from "./views/views-module.ts";

/**
 * Batches of a store: decoded, resized, cropped and mirrored in worker threads ahead of their use.
 *
 * Everything is a pure function of (store, options, epoch): the number of threads changes nothing, and two sources with equal
 * options give equal bits. Threads start at once and live until `close`; they do not keep a process alive.
 *
 * @throws TypeError for an unknown option. RangeError if one is out of range or the store is empty.
 *
 * @example
 * const source = imageSource(store, { batchSize: 32, imageSize: 96, training: true, seed: 42 });
 * for await (const batch of source.batches(0)) console.log(batch.shape, batch.labels);
 * await source.close();
 */
export function imageSource(store: SampleStore, options: ImageSourceOptions): ImageSource {
  const settings = settingsOf(options);
  if (store.size === 0) throw new RangeError("imageSource: expected a store with images, got an empty one");
  const weights = settings.training && settings.sampling ? balancedSampling("imageSource", store) : undefined;
  const plan = planOf(store, settings);
  const pool = startPool(VIEWS, plan, { threads: settings.workers, queued: settings.prefetch + 1 });
  let closed = false;
  let viewSettings: string | undefined;
  const samples = { size: store.size, weights };
  const shardsFrom = (epoch: number, firstBatch: number, share: RankShare) =>
    madeAhead(store, settings, pool, epochRows(samples, settings, epoch, firstBatch, share), () => closed);
  const batchesFrom = (epoch: number, firstBatch: number) =>
    wholeBatches(shardsFrom(epoch, firstBatch, ALONE));
  return {
    size: epochLength(store.size, settings.repeats),
    batchSize: settings.batchSize,
    skips: settings.onBadImage === "skip",
    classNames: store.classNames,
    get viewSettings() {
      viewSettings ??= viewSettingsOf(store, plan);
      return viewSettings;
    },
    batches: (epoch) => batchesFrom(epoch, 0),
    batchesFrom,
    ...(settings.onBadImage === "throw" && { shardsFrom }),
    async close() {
      if (closed) return;
      closed = true;
      await pool.close();
    },
  };
}

/** A rank's samples of a batch and what a thread made of them. */
interface MadeBatch {
  readonly rows: BatchRows;
  readonly views: Views;
}

async function* madeAhead(
  store: SampleStore,
  settings: SourceSettings,
  pool: WorkerPool<ViewTask, Views>,
  epoch: Generator<BatchRows>,
  isClosed: () => boolean,
): AsyncGenerator<ImageShard> {
  const underWay: Promise<MadeBatch>[] = [];
  let next = epoch.next();
  while (!next.done || underWay.length > 0) {
    for (; !next.done && underWay.length <= settings.prefetch; next = epoch.next()) {
      if (isClosed()) throw new Error("imageSource: batches are to be read before close()");
      const rows = next.value;
      const { indices, drawKeys } = rows;
      const made = pool.run({ indices, drawKeys }).then((views) => ({ rows, views }));
      made.catch(() => {}); // reported where it is awaited, if it ever is
      underWay.push(made);
    }
    // Judged in the epoch's order, whichever thread was first: bad pictures are reported in it too.
    const { rows, views } = await underWay.shift()!;
    reportFailures(store, settings, rows, views);
    yield {
      batch: batchOf(store, settings, rows, views),
      rows: rows.rows,
      sampleKeys: rows.batchKeys,
    };
  }
}

function reportFailures(
  store: SampleStore,
  { onBadImage, onSkip }: SourceSettings,
  { indices }: BatchRows,
  { failures }: Views,
): void {
  for (const { row, reason } of failures) {
    const bad = { key: store.keys[indices[row]!]!, index: indices[row]!, reason };
    if (onBadImage === "throw")
      throw new Error(`${bad.key}: expected a picture that decodes, got: ${reason}`);
    onSkip?.(bad);
  }
}

function planOf({ bytes, spans, encoding }: SampleStore, settings: SourceSettings): StorePlan {
  const { maxPixels } = settings;
  return { bytes, spans, encoding, ...(maxPixels !== undefined && { maxPixels }), ...viewPlan(settings) };
}
