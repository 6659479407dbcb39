/**
 * Samples of an epoch on the host, with their keys: what a data package hands to a trainer. Rows of all fields belong together; the
 * arrays are the receiver's to keep.
 */
export interface Batch {
  /** Samples, row by row, float32; for images NHWC, RGB, 0…255. */
  readonly images: Float32Array;
  /** `[batch, …sample]`. */
  readonly shape: readonly number[];
  /** Class of each sample, in [0, classes). */
  readonly labels: Int32Array;
  /** `[batch, classes]`, a distribution for each row: what is learned instead of `labels`, where the two differ (MixUp). */
  readonly targets?: Float32Array;
  /** Key of each sample in this epoch: what every random decision about it is drawn from. */
  readonly sampleKeys: Uint32Array;
  /**
   * Key of each row's picture as the teacher sees it: equal keys, equal pixels. Stored teacher logits are found by it; a source that
   * shows the same views in every epoch gives the same keys in every epoch.
   */
  readonly viewKeys?: BigUint64Array;
  /** The same views at the teacher's size. Default: the teacher sees `images`. */
  readonly teacherImages?: Float32Array;
  /** Shape of `teacherImages`, `[batch, …sample]`. */
  readonly teacherShape?: readonly number[];
}
