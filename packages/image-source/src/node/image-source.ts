import { defaultMargin, type PictureSize, sidesOf } from "vision-augment";
import { epochLength, epochOrder, occurrences, repeatedOrder, weightedOrder } from "../epoch-order.ts";
import type { ImageBatch } from "../image-batch.ts";
import type { SampleStore } from "../sample-store.ts";
import { balancedSampling } from "./by-class/balanced-sampling.ts";
import { type ImageSourceOptions, type SourceSettings, settingsOf } from "./source-options.ts";
import { startPool, type WorkerPool } from "./threads/worker-pool.ts";
import type { ViewPlan, Views, ViewTask } from "./views/make-views.ts";
import { rowKeys, viewSettingsOf } from "./views/view-keys.ts";
import { VIEWS } from "./views/views-module.ts";

/** Batches for a trainer, epoch by epoch, from threads of its own. */
export interface ImageSource {
  /** Samples in an epoch: the store's; with repeats, rounded down to a multiple of 256 as FB's, if there are that many. */
  readonly size: number;
  readonly batchSize: number;
  /** Whether pictures that do not decode are left out, and batches may be smaller for it: `onBadImage: "skip"`. */
  readonly skips: boolean;
  readonly classNames: readonly string[];
  /**
   * Everything that determines the views' pixels besides their keys, including the samples' own bytes: sources where it is equal may share
   * a store of teacher logits. Hashes the samples when it is first read.
   */
  readonly viewSettings: string;
  /**
   * @throws Error while iterating: naming the picture that does not decode, or if the source is closed.
   */
  batches(epoch: number): AsyncIterable<ImageBatch>;
  /**
   * The same without its first `firstBatch` batches, of which nothing is decoded: for a run that is resumed. A batch that
   * was left out because none of its pictures decodes counts here.
   */
  batchesFrom(epoch: number, firstBatch: number): AsyncIterable<ImageBatch>;
  /** Ends the threads. Can be called twice. */
  close(): Promise<void>;
}

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
  const weights = settings.training && settings.sampling ? balancedSampling(store) : undefined;
  const plan = planOf(store, settings);
  const pool = startPool(VIEWS, plan, { threads: settings.workers, queued: settings.prefetch + 1 });
  let closed = false;
  let viewSettings: string | undefined;
  return {
    size: epochLength(store.size, settings.repeats),
    batchSize: settings.batchSize,
    skips: settings.onBadImage === "skip",
    classNames: store.classNames,
    get viewSettings() {
      viewSettings ??= viewSettingsOf(store, plan);
      return viewSettings;
    },
    batches: (epoch) => epochBatches(store, settings, weights, pool, epoch, 0, () => closed),
    batchesFrom: (epoch, firstBatch) =>
      epochBatches(store, settings, weights, pool, epoch, firstBatch, () => closed),
    async close() {
      if (closed) return;
      closed = true;
      await pool.close();
    },
  };
}

/** A batch's samples and what a thread made of them. */
interface MadeBatch {
  readonly indices: Int32Array;
  readonly sampleKeys: Uint32Array;
  readonly viewKeys: BigUint64Array;
  readonly views: Views;
}

async function* epochBatches(
  store: SampleStore,
  settings: SourceSettings,
  weights: readonly number[] | undefined,
  pool: WorkerPool<ViewTask, Views>,
  epoch: number,
  firstBatch: number,
  isClosed: () => boolean,
): AsyncGenerator<ImageBatch> {
  const { batchSize, training, seed, shuffleBuffer, prefetch, repeats } = settings;
  const order = training
    ? repeatedOrder(
        weights === undefined
          ? epochOrder(store.size, seed, epoch, shuffleBuffer)
          : weightedOrder(weights, seed, epoch),
        repeats,
      )
    : Uint32Array.from({ length: store.size }, (_, i) => i);
  const versions = weights && occurrences(order, store.size);
  const versionAt = (place: number): number => versions?.[place] ?? place % repeats;
  const underWay: Promise<MadeBatch>[] = [];
  let next = firstBatch * batchSize;
  while (next < order.length || underWay.length > 0) {
    while (next < order.length && underWay.length <= prefetch) {
      if (isClosed()) throw new Error("imageSource: batches are to be read before close()");
      const indices = Int32Array.from(order.subarray(next, next + batchSize));
      const first = next;
      const keys = Array.from(indices, (index, row) =>
        rowKeys(settings, epoch, index, index + versionAt(first + row) * store.size),
      );
      const sampleKeys = Uint32Array.from(keys, (key) => key.sampleKey);
      const drawKeys = Uint32Array.from(keys, (key) => key.drawKey);
      const viewKeys = BigUint64Array.from(keys, (key) => key.viewKey);
      const made = pool
        .run({ indices, drawKeys })
        .then((views) => ({ indices, sampleKeys, viewKeys, views }));
      made.catch(() => {}); // reported where it is awaited, if it ever is
      underWay.push(made);
      next += batchSize;
    }
    // Judged in the epoch's order, whichever thread was first: bad pictures are reported in it too.
    const batch = batchOf(store, settings, await underWay.shift()!);
    if (batch !== undefined) yield batch;
  }
}

function batchOf(
  store: SampleStore,
  { imageSize, teacherImageSize, onBadImage, onSkip }: SourceSettings,
  made: MadeBatch,
): ImageBatch | undefined {
  const { indices, sampleKeys, viewKeys, views } = made;
  for (const { row, reason } of views.failures) {
    const bad = { key: store.keys[indices[row]!]!, index: indices[row]!, reason };
    if (onBadImage === "throw")
      throw new Error(`${bad.key}: expected a picture that decodes, got: ${reason}`);
    onSkip?.(bad);
  }
  const rows = views.rows;
  if (rows.length === 0) return undefined;
  return {
    images: views.images[0]!,
    imageSize,
    shape: [rows.length, ...sidesOf(imageSize), 3],
    ...(teacherImageSize !== undefined && {
      teacherImages: views.images[1]!,
      teacherShape: [rows.length, ...sidesOf(teacherImageSize), 3] as const,
    }),
    labels: Int32Array.from(rows, (row) => store.labels[indices[row]!]!),
    ...(store.multiHot !== undefined && {
      targets: targetsOf(
        store.multiHot,
        Array.from(rows, (row) => indices[row]!),
        store.classNames.length,
      ),
    }),
    sampleKeys: Uint32Array.from(rows, (row) => sampleKeys[row]!),
    viewKeys: BigUint64Array.from(rows, (row) => viewKeys[row]!),
    indices: Int32Array.from(rows, (row) => indices[row]!),
  };
}

/** The samples' rows of `multiHot`. */
function targetsOf(multiHot: Uint8Array, samples: readonly number[], classes: number): Float32Array {
  const targets = new Float32Array(samples.length * classes);
  samples.forEach((sample, row) => {
    targets.set(multiHot.subarray(sample * classes, (sample + 1) * classes), row * classes);
  });
  return targets;
}

/** One number where both are equal: the form that stored logits were made with. */
function plain(size: PictureSize): PictureSize {
  const [height, width] = sidesOf(size);
  return height === width ? height : [height, width];
}

function planOf(store: SampleStore, settings: SourceSettings): ViewPlan {
  const { imageSize, teacherImageSize, margin, training, antialias, augmentation, centerCrop } = settings;
  const sides = sidesOf(imageSize);
  const own = sides.map((side) => margin ?? defaultMargin(side));
  const sizes = [imageSize, ...(teacherImageSize === undefined ? [] : [teacherImageSize])].map(plain);
  const margins = sizes.map((size) => {
    const [above, beside] = sidesOf(size).map((side, i) => Math.round((own[i]! * side) / sides[i]!));
    return plain([above!, beside!]);
  });
  const { bytes, spans, encoding } = store;
  const limit = settings.maxPixels === undefined ? {} : { maxPixels: settings.maxPixels };
  const plan = { bytes, spans, encoding, sizes, antialias, ...limit };
  if (training) return { ...plan, ...(augmentation === undefined ? { margins } : { augmentation }) };
  return { ...plan, ...(centerCrop !== undefined && { centerCrop }) };
}
