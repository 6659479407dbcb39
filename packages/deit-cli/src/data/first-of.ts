import type { Batch } from "sample-keys";
import type { DataSource } from "train-loop";

/**
 * The first `count` samples of a source's epochs; whole pictures in their order have no more than these fields. It has no `shardsFrom`:
 * the held-out pictures are in memory, of which a rank takes its rows.
 */
export function firstOf(source: DataSource, count: number): DataSource {
  if (count >= source.size) return source;
  return {
    size: count,
    batchSize: source.batchSize,
    async *batches(epoch) {
      let left = count;
      for await (const batch of source.batches(epoch)) {
        yield left >= batch.labels.length ? batch : firstRows(batch, left);
        left -= batch.labels.length;
        if (left <= 0) return;
      }
    },
  };
}

function firstRows({ images, shape, labels, sampleKeys }: Batch, rows: number): Batch {
  const [count = 0, ...sample] = shape;
  return {
    images: images.subarray(0, (images.length / count) * rows),
    shape: [rows, ...sample],
    labels: labels.subarray(0, rows),
    sampleKeys: sampleKeys.subarray(0, rows),
  };
}
