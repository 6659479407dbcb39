import type { Batch } from "sample-keys";

/** Some rows of a batch, copied: what a teacher needs of them. */
export function pickRows(batch: Batch, rows: readonly number[]): Batch {
  const { images, shape, labels, sampleKeys, viewKeys, teacherImages, teacherShape } = batch;
  return {
    images: picked(images, labels.length, rows),
    shape: [rows.length, ...shape.slice(1)],
    labels: Int32Array.from(rows, (row) => labels[row]!),
    sampleKeys: Uint32Array.from(rows, (row) => sampleKeys[row]!),
    ...(viewKeys && { viewKeys: BigUint64Array.from(rows, (row) => viewKeys[row]!) }),
    ...(teacherImages &&
      teacherShape && {
        teacherImages: picked(teacherImages, labels.length, rows),
        teacherShape: [rows.length, ...teacherShape.slice(1)],
      }),
  };
}

function picked(data: Float32Array, of: number, rows: readonly number[]): Float32Array {
  const stride = data.length / of;
  const some = new Float32Array(rows.length * stride);
  rows.forEach((row, to) => void some.set(data.subarray(row * stride, (row + 1) * stride), to * stride));
  return some;
}
