import type { Batch } from "sample-keys";
import type { PictureSize } from "vision-augment";

/** A {@link Batch} of pictures, RGB in 0…255, from a store. */
export interface ImageBatch extends Batch {
  /** `[batch, height, width, 3]`. */
  readonly shape: readonly [number, number, number, number];
  /** Shape of `teacherImages`. */
  readonly teacherShape?: readonly [number, number, number, number];
  /** Size of the pictures, pixels: one number for a square, or `[height, width]`. */
  readonly imageSize: PictureSize;
  /** Key of each row's view: of one source, equal keys have equal pixels, at both sizes; see `ImageSource.viewSettings`. */
  readonly viewKeys: BigUint64Array;
  /** Position of each sample in the store. */
  readonly indices: Int32Array;
}

/** One rank's part of an {@link ImageBatch}, where several programs train together. */
export interface ImageShard {
  /** The rank's rows alone; there may be none. */
  readonly batch: ImageBatch;
  /** Indices of these rows in the whole batch, ascending. */
  readonly rows: Int32Array;
  /** Keys of all rows of the whole batch. */
  readonly sampleKeys: Uint32Array;
}

/** A sample that was left out. */
export interface BadImage {
  /** The store's key. */
  readonly key: string;
  /** Position in the store. */
  readonly index: number;
  /** Reason why it does not decode. */
  readonly reason: string;
}
