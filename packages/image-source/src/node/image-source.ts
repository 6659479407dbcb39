import { availableParallelism } from "node:os";
import {
  BOOLEAN,
  type Checks,
  COUNT,
  FUNCTION,
  integerFrom,
  OBJECT,
  oneOf,
  optional,
  requireOptions,
  UINT32,
} from "known-options";
import {
  type Augmentation,
  type CentreCropOptions,
  defaultMargin,
  requireAugmentation,
  requireCentreCrop,
} from "vision-augment";
import { epochLength, epochOrder, repeatedOrder } from "../epoch-order.ts";
import type { BadImage, ImageBatch } from "../image-batch.ts";
import type { SampleStore } from "../sample-store.ts";
import { startPool, type WorkerPool } from "./threads/worker-pool.ts";
import type { ViewPlan, Views, ViewTask } from "./views/make-views.ts";
import { rowKeys, viewSettingsOf } from "./views/view-keys.ts";
import { VIEWS } from "./views/views-module.ts";

/** Options of {@link imageSource} and `batches`. */
export interface ImageSourceOptions {
  /** Samples in a batch; an epoch's last one may be smaller. */
  readonly batchSize: number;
  /** Side of the student's view, pixels. */
  readonly imageSize: number;
  /** Side of the teacher's view of the same crop, pixels. Default: batches have no `teacherImages`. */
  readonly teacherImageSize?: number;
  /** `true`: shuffled, cropped, mirrored. `false`: in the store's order, whole pictures. */
  readonly training: boolean;
  /** Of order, crops and flips; uint32. Default 0. */
  readonly seed?: number;
  /** See `resizeBilinear`. Default `false`. */
  readonly antialias?: boolean;
  /** Pixels a training picture is larger than its crop, at `imageSize`. Default 20 at 224, in proportion. */
  readonly margin?: number;
  /** Of training pictures, such as `DEIT_AUGMENTATION`. Default: the Keras example's crop by `margin`, and flip. */
  readonly augmentation?: Augmentation;
  /** Of pictures for evaluation, such as `{ ratio: 0.875 }`. Default: whole pictures, as the Keras example. */
  readonly centreCrop?: CentreCropOptions;
  /**
   * Repeated augmentation: how often a training sample comes in an epoch, each time with another key. An epoch stays as long,
   * so it shows a part of the samples; see `size`. Default 1; FB's DeiT has 3.
   */
  readonly repeats?: number;
  /**
   * Fixed augmentation: after this many epochs the training views come again, with their view keys, so that a teacher's logits can
   * be stored; 1 shows the same views in every epoch. Order and `sampleKeys` are new in each epoch all the same. Default: no view
   * comes again.
   */
  readonly viewEpochs?: number;
  /** Shuffle like `tf.data` with a buffer of this many samples. Default: a full shuffle. */
  readonly shuffleBuffer?: number;
  /** Threads that decode and augment. Default: one less than there are cores, at least 1, at most 4. */
  readonly workers?: number;
  /** Batches under way beyond the one being used. Default `workers + 1`, at least 2, but where each is large no more than 256 MiB hold. */
  readonly prefetch?: number;
  /** Most pixels that a photo may have; a larger one does not decode. Default 100,000,000. */
  readonly maxPixels?: number;
  /** What to do with a picture that does not decode. Default `"throw"`. */
  readonly onBadImage?: "throw" | "skip";
  /** Told of each picture that is skipped. */
  readonly onSkip?: (bad: BadImage) => void;
}

/** Batches for a trainer, epoch by epoch, from threads of its own. */
export interface ImageSource {
  /** Samples in an epoch: the store's; with repeats, rounded down to a multiple of 256 as FB's, if there are that many. */
  readonly size: number;
  readonly batchSize: number;
  /** Whether pictures that do not decode are left out, and batches may be smaller for it: `onBadImage: "skip"`. */
  readonly skips: boolean;
  readonly classNames: readonly string[];
  /**
   * All that decides the views' pixels besides their keys, the samples' own bytes among it: sources where it is equal may share
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
 * @throws RangeError if an option is out of range or the store is empty.
 *
 * @example
 * const source = imageSource(store, { batchSize: 32, imageSize: 96, training: true, seed: 42 });
 * for await (const batch of source.batches(0)) console.log(batch.shape, batch.labels);
 * await source.close();
 */
export function imageSource(store: SampleStore, options: ImageSourceOptions): ImageSource {
  const settings = resolve(store, options);
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
    batches: (epoch) => epochBatches(store, settings, pool, epoch, 0, () => closed),
    batchesFrom: (epoch, firstBatch) => epochBatches(store, settings, pool, epoch, firstBatch, () => closed),
    async close() {
      if (closed) return;
      closed = true;
      await pool.close();
    },
  };
}

type Settings = ReturnType<typeof resolve>;

/** A batch's samples and what a thread made of them. */
interface MadeBatch {
  readonly indices: Int32Array;
  readonly sampleKeys: Uint32Array;
  readonly viewKeys: BigUint64Array;
  readonly views: Views;
}

async function* epochBatches(
  store: SampleStore,
  settings: Settings,
  pool: WorkerPool<ViewTask, Views>,
  epoch: number,
  firstBatch: number,
  isClosed: () => boolean,
): AsyncGenerator<ImageBatch> {
  const { batchSize, training, seed, shuffleBuffer, prefetch, repeats } = settings;
  const order = training
    ? repeatedOrder(epochOrder(store.size, seed, epoch, shuffleBuffer), repeats)
    : Uint32Array.from({ length: store.size }, (_, i) => i);
  const underWay: Promise<MadeBatch>[] = [];
  let next = firstBatch * batchSize;
  while (next < order.length || underWay.length > 0) {
    while (next < order.length && underWay.length <= prefetch) {
      if (isClosed()) throw new Error("imageSource: batches are to be read before close()");
      const indices = Int32Array.from(order.subarray(next, next + batchSize));
      const first = next;
      const keys = Array.from(indices, (index, row) =>
        rowKeys(settings, epoch, index, index + ((first + row) % repeats) * store.size),
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
  { imageSize, teacherImageSize, onBadImage, onSkip }: Settings,
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
    shape: [rows.length, imageSize, imageSize, 3],
    ...(teacherImageSize !== undefined && {
      teacherImages: views.images[1]!,
      teacherShape: [rows.length, teacherImageSize, teacherImageSize, 3] as const,
    }),
    labels: Int32Array.from(rows, (row) => store.labels[indices[row]!]!),
    sampleKeys: Uint32Array.from(rows, (row) => sampleKeys[row]!),
    viewKeys: BigUint64Array.from(rows, (row) => viewKeys[row]!),
    indices: Int32Array.from(rows, (row) => indices[row]!),
  };
}

function planOf(store: SampleStore, settings: Settings): ViewPlan {
  const { imageSize, teacherImageSize, margin, training, antialias, augmentation, centreCrop } = settings;
  const sizes = teacherImageSize === undefined ? [imageSize] : [imageSize, teacherImageSize];
  const margins = sizes.map((size) => Math.round((margin * size) / imageSize));
  const { bytes, spans, encoding } = store;
  const limit = settings.maxPixels === undefined ? {} : { maxPixels: settings.maxPixels };
  const plan = { bytes, spans, encoding, sizes, antialias, ...limit };
  if (training) return { ...plan, ...(augmentation === undefined ? { margins } : { augmentation }) };
  return { ...plan, ...(centreCrop !== undefined && { centreCrop }) };
}

const PREFETCH_BYTES = 256 * 2 ** 20;

/** Two at least where they are small: one that is ready, one under way. */
function prefetchWithin(bytes: number, workers: number, options: ImageSourceOptions): number {
  const { batchSize, imageSize, teacherImageSize = 0 } = options;
  const batch = batchSize * (imageSize ** 2 + teacherImageSize ** 2) * 3 * Float32Array.BYTES_PER_ELEMENT;
  return Math.max(1, Math.min(Math.max(2, workers + 1), Math.floor(bytes / batch)));
}

/** Checks of {@link ImageSourceOptions}. */
export const SOURCE_CHECKS: Checks<ImageSourceOptions> = {
  batchSize: COUNT,
  imageSize: COUNT,
  teacherImageSize: optional(COUNT),
  training: BOOLEAN,
  seed: optional(UINT32),
  antialias: optional(BOOLEAN),
  margin: optional(integerFrom(0)),
  augmentation: optional(OBJECT),
  centreCrop: optional(OBJECT),
  repeats: optional(COUNT),
  viewEpochs: optional(COUNT),
  shuffleBuffer: optional(COUNT),
  workers: optional(COUNT),
  prefetch: optional(COUNT),
  maxPixels: optional(COUNT),
  onBadImage: optional(oneOf("throw", "skip")),
  onSkip: optional(FUNCTION),
};

function resolve(store: SampleStore, options: ImageSourceOptions) {
  requireOptions("imageSource", options, SOURCE_CHECKS);
  if (store.size === 0) throw new RangeError("imageSource: expected a store with images, got an empty one");
  const { batchSize, imageSize, teacherImageSize, training, shuffleBuffer, onSkip, maxPixels } = options;
  const { seed = 0, antialias = false, onBadImage = "throw", margin = defaultMargin(imageSize) } = options;
  const { workers = Math.min(4, Math.max(1, availableParallelism() - 1)) } = options;
  const { prefetch = prefetchWithin(PREFETCH_BYTES, workers, options) } = options;
  const { augmentation, centreCrop, viewEpochs } = options;
  const repeats = training ? (options.repeats ?? 1) : 1;
  if (augmentation !== undefined) {
    if (options.margin !== undefined) {
      throw new RangeError("imageSource: expected a margin or an augmentation, got both");
    }
    requireAugmentation(augmentation);
  }
  if (centreCrop !== undefined) requireCentreCrop(centreCrop);
  const sizes = { batchSize, imageSize, teacherImageSize, margin, workers, prefetch, shuffleBuffer };
  return {
    ...sizes,
    training,
    seed,
    antialias,
    onBadImage,
    onSkip,
    augmentation,
    centreCrop,
    repeats,
    viewEpochs,
    maxPixels,
  };
}
