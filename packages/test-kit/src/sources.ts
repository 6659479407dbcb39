import { sampleKey } from "sample-keys";

/** A batch of points, as `train-loop` takes it. */
interface PointBatch {
  readonly images: Float32Array;
  readonly shape: readonly number[];
  readonly labels: Int32Array;
  readonly sampleKeys: Uint32Array;
}

/** Batches of points, the same in every epoch except for their keys. */
interface PointSource {
  readonly size: number;
  readonly batchSize: number;
  batches(epoch: number): AsyncGenerator<PointBatch>;
}

/** Points in the plane, class = which of three sectors: learned in seconds. */
export function sectors(size: number, batchSize: number, seed = 1): PointSource {
  const points = Float32Array.from({ length: 2 * size }, (_, i) => Math.sin(i * 12.9898 + seed) * 200);
  const labelOf = (row: number): number => {
    const angle = Math.atan2(points[2 * row + 1]!, points[2 * row]!) + Math.PI;
    return Math.min(2, Math.floor(angle / ((2 * Math.PI) / 3)));
  };
  async function* batches(epoch: number): AsyncGenerator<PointBatch> {
    for (let start = 0; start < size; start += batchSize) {
      const rows = Math.min(batchSize, size - start);
      yield {
        images: points.slice(2 * start, 2 * (start + rows)),
        shape: [rows, 2],
        labels: Int32Array.from({ length: rows }, (_, row) => labelOf(start + row)),
        sampleKeys: Uint32Array.from({ length: rows }, (_, row) => sampleKey(seed, epoch, start + row)),
      };
    }
  }
  return { size, batchSize, batches };
}

/** Some rows of each field of a batch: the reference for a source's shards. */
export function rowsAt<B extends Pick<PointBatch, "labels" | "shape">>(batch: B, rows: ArrayLike<number>): B {
  const entries = Object.entries(batch).map(([name, value]): [string, unknown] => {
    if (name === "shape" || name === "teacherShape") return [name, [rows.length, ...value.slice(1)]];
    if (!ArrayBuffer.isView(value)) return [name, value];
    const all = value as unknown as Float32Array;
    const stride = all.length / batch.labels.length;
    const some = Array.from(rows).flatMap((row) => [...all.subarray(row * stride, (row + 1) * stride)]);
    return [name, (all.constructor as typeof Float32Array).from(some)];
  });
  return Object.fromEntries(entries) as B;
}
