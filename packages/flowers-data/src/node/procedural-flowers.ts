import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { SampleStore } from "image-source";
import { startPool, type WorkerModule } from "image-source/node";
import { ANY, COUNT, optional, requireOptions, UINT32 } from "known-options";
import { TF_FLOWERS_CLASSES } from "../class-names.ts";
import { flowerLabel } from "../procedural/draw-flower.ts";
import { type DrawPlan, type DrawTask, drawInto } from "./draw-into.ts";

/** Flowers of one task: a few tens of milliseconds. */
const TASK = 32;

/** The threads that draw. */
const DRAW: WorkerModule<DrawPlan, DrawTask, void> = {
  owner: "flowers-data",
  file: "draw-worker.js",
  start: (options) => new Worker(new URL("./draw-worker.js", import.meta.url), options),
  work: drawInto,
};

/** Options of {@link proceduralFlowers}. */
export interface ProceduralFlowersOptions {
  readonly count: number;
  /** Side of the images in pixels. */
  readonly size: number;
  /** Seed of the images, uint32. */
  readonly seed: number;
  /** Number of threads; the images do not depend on it. Default: the number of cores, at most 8. */
  readonly workers?: number;
  /** Signal that aborts the drawing. */
  readonly signal?: AbortSignal;
}

/**
 * Draws a data set of the five classes of tf_flowers, without a download.
 *
 * Picture `i` is `drawFlower({seed, index: i, size})`, of class `i mod 5`, so classes are balanced. Pose, color, background,
 * light, occlusion and grain vary, and color does not give the class away.
 *
 * @throws RangeError if count, size or workers is not an integer ≥ 1, or the seed not a uint32. The signal's reason if it is aborted.
 *
 * @example
 * const { train, validation } = splitFlowers(await proceduralFlowers({ count: 50, size: 48, seed: 42 }));
 */
export async function proceduralFlowers(options: ProceduralFlowersOptions): Promise<SampleStore> {
  requireOptions("proceduralFlowers", options, {
    count: COUNT,
    size: COUNT,
    seed: UINT32,
    workers: optional(COUNT),
    signal: ANY,
  });
  const { count, size, seed, signal } = options;
  const { workers = Math.min(8, availableParallelism()) } = options;
  signal?.throwIfAborted();
  const length = size * size * 3;
  const bytes = new SharedArrayBuffer(count * length);
  const tasks: DrawTask[] = [];
  for (let first = 0; first < count; first += TASK) {
    tasks.push({ first, count: Math.min(TASK, count - first) });
  }
  const pool = startPool(
    DRAW,
    { bytes, seed, size },
    { threads: Math.min(workers, tasks.length), queued: 1 },
  );
  const stop = (): void => void pool.close();
  signal?.addEventListener("abort", stop);
  try {
    await Promise.all(tasks.map((task) => pool.run(task)));
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
    await pool.close();
  }
  return new SampleStore({
    classNames: TF_FLOWERS_CLASSES,
    keys: Array.from({ length: count }, (_, i) => `${TF_FLOWERS_CLASSES[flowerLabel(i)]}/${i}`),
    labels: Int32Array.from({ length: count }, (_, i) => flowerLabel(i)),
    bytes,
    spans: Float64Array.from({ length: 2 * count }, (_, i) => ((i + 1) >> 1) * length),
    encoding: { kind: "rgb", width: size, height: size },
  });
}
