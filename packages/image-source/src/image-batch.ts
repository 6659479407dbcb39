import type { Batch } from "sample-keys";

/** A {@link Batch} of square pictures, RGB in 0…255, from a store. */
export interface ImageBatch extends Batch {
  /** `[batch, size, size, 3]`. */
  readonly shape: readonly [number, number, number, number];
  /** Shape of `teacherImages`. */
  readonly teacherShape?: readonly [number, number, number, number];
  /** Side of the pictures, pixels. */
  readonly imageSize: number;
  /** Key of each row's view: of one source, equal keys have equal pixels, at both sizes; see `ImageSource.viewSettings`. */
  readonly viewKeys: BigUint64Array;
  /** Position of each sample in the store. */
  readonly indices: Int32Array;
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
