import { sidesOf } from "vision-augment";
import type { ImageBatch } from "../image-batch.ts";
import type { ImageBatchOptions } from "./batch-options.ts";
import type { BatchRows } from "./epoch-rows.ts";

/** What a batch takes of the samples themselves. */
export interface LabeledSamples {
  readonly labels: ArrayLike<number>;
  /** `[samples, classes]`, where samples may have several labels. */
  readonly multiHot?: Uint8Array;
  readonly classNames: readonly string[];
}

/**
 * Puts a batch together.
 *
 * @param rows - Those of `made` that `images` has views of, in order.
 * @param images - One array a size: the student's, then the teacher's.
 */
export function batchOf(
  samples: LabeledSamples,
  { imageSize, teacherImageSize }: Pick<ImageBatchOptions, "imageSize" | "teacherImageSize">,
  made: Pick<BatchRows, "indices" | "sampleKeys" | "viewKeys">,
  { images, rows }: { readonly images: readonly Float32Array[]; readonly rows: Int32Array },
): ImageBatch {
  const { indices, sampleKeys, viewKeys } = made;
  return {
    images: images[0]!,
    imageSize,
    shape: [rows.length, ...sidesOf(imageSize), 3],
    ...(teacherImageSize !== undefined && {
      teacherImages: images[1]!,
      teacherShape: [rows.length, ...sidesOf(teacherImageSize), 3] as const,
    }),
    labels: Int32Array.from(rows, (row) => samples.labels[indices[row]!]!),
    ...(samples.multiHot !== undefined && {
      targets: targetsOf(
        samples.multiHot,
        Array.from(rows, (row) => indices[row]!),
        samples.classNames.length,
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
