import type { Batch } from "sample-keys";

/**
 * Returns some rows of a batch, copied.
 *
 * @param rows - Indices of rows of the batch, in the order of the result.
 *
 * @example
 * import { arraySource } from "train-loop";
 *
 * const samples = { images: Float32Array.of(0, 10, 20, 30), shape: [4, 1], labels: [0, 1, 2, 3] };
 * for await (const batch of arraySource(samples, { batchSize: 4, shuffle: false }).batches(0)) {
 *   const { images, shape } = pickRows(batch, [0, 3]);
 *   console.log(images, shape); // Float32Array(2) [ 0, 30 ] [ 2, 1 ]
 * }
 */
export function pickRows(batch: Batch, rows: ArrayLike<number>): Batch {
  const { images, shape, labels, sampleKeys, labelWeights, targets, viewKeys, teacherImages, teacherShape } =
    batch;
  const pick = <A extends Float32Array | Int32Array | Uint32Array | BigUint64Array>(field: A): A => {
    const stride = field.length / labels.length;
    const some = new (field.constructor as new (length: number) => A)(rows.length * stride);
    for (let to = 0; to < rows.length; to++) {
      const row = rows[to]!;
      some.set(field.subarray(row * stride, (row + 1) * stride) as never, to * stride);
    }
    return some;
  };
  return {
    images: pick(images),
    shape: [rows.length, ...shape.slice(1)],
    labels: pick(labels),
    sampleKeys: pick(sampleKeys),
    ...(labelWeights !== undefined && { labelWeights: pick(labelWeights) }),
    ...(targets !== undefined && { targets: pick(targets) }),
    ...(viewKeys !== undefined && { viewKeys: pick(viewKeys) }),
    ...(teacherImages !== undefined &&
      teacherShape !== undefined && {
        teacherImages: pick(teacherImages),
        teacherShape: [rows.length, ...teacherShape.slice(1)],
      }),
  };
}
