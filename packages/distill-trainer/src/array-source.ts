import { permutation, sampleKey } from "sample-keys";
import type { Batch, DataSource } from "./data-source.ts";
import { requireCount } from "./require-count.ts";

/** Samples in memory. */
export interface Samples {
  /** Row by row, float32; for images NHWC, RGB, 0…255. Not copied: it must not change while it is trained on. */
  readonly images: Float32Array;
  /** `[samples, …sample]`. */
  readonly shape: readonly number[];
  /** Class of each sample, in [0, classes). */
  readonly labels: ArrayLike<number>;
}

/** Options of {@link arraySource}. */
export interface ArraySourceOptions {
  /** Samples in a batch; the last one of an epoch may be smaller. */
  readonly batchSize: number;
  /** Another order in every epoch, as for training. Default true. */
  readonly shuffle?: boolean;
  /** Of orders and sample keys, uint32. Default 0. */
  readonly seed?: number;
}

/**
 * Samples in memory as a {@link DataSource}, without augmentation. Order and keys are a function of seed and epoch.
 *
 * @throws RangeError if there are no samples, the fields' lengths do not agree, or `batchSize` is no integer ≥ 1.
 *
 * @example
 * const data = arraySource({ images: new Float32Array(6 * 4), shape: [6, 4], labels: [0, 1, 2, 0, 1, 2] }, { batchSize: 4 });
 * for await (const { shape } of data.batches(0)) console.log(shape); // [4, 4], [2, 4]
 */
export function arraySource(samples: Samples, options: ArraySourceOptions): DataSource {
  const { images, shape, labels } = samples;
  const { batchSize, shuffle = true, seed = 0 } = options;
  const [size = 0, ...sample] = shape;
  requireCount("batchSize", batchSize, "arraySource");
  requireCount("samples", size, "arraySource");
  const length = sample.reduce((product, side) => product * side, 1);
  if (images.length !== size * length || labels.length !== size) {
    throw new RangeError(
      `arraySource: expected ${size * length} numbers and ${size} labels for the shape [${shape}], got ${images.length} and ${labels.length}`,
    );
  }
  async function* batchesFrom(epoch: number, firstBatch: number): AsyncGenerator<Batch> {
    const order = shuffle
      ? permutation(size, sampleKey(seed, epoch, 0))
      : Uint32Array.from({ length: size }, (_, i) => i);
    for (let start = firstBatch * batchSize; start < size; start += batchSize) {
      const rows = order.subarray(start, start + batchSize);
      const chosen = new Float32Array(rows.length * length);
      rows.forEach((row, i) => {
        chosen.set(images.subarray(row * length, (row + 1) * length), i * length);
      });
      yield {
        images: chosen,
        shape: [rows.length, ...sample],
        labels: Int32Array.from(rows, (row) => labels[row]!),
        sampleKeys: Uint32Array.from(rows, (row) => sampleKey(seed, epoch, row)),
      };
    }
  }
  return { size, batchSize, batchesFrom, batches: (epoch) => batchesFrom(epoch, 0) };
}
