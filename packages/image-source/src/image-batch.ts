/** Some samples of an epoch, on the host. Rows of all fields belong together; the arrays are the receiver's to keep. */
export interface ImageBatch {
  /** The student's view, `[batch, imageSize, imageSize, 3]`, RGB, 0…255. */
  readonly images: Float32Array;
  /** Pixels. */
  readonly imageSize: number;
  /** `[batch, imageSize, imageSize, 3]`. */
  readonly shape: readonly [number, number, number, number];
  /** The same views at the teacher's size. */
  readonly teacherImages?: Float32Array;
  /** Shape of `teacherImages`. */
  readonly teacherShape?: readonly [number, number, number, number];
  /** Class of each sample. */
  readonly labels: Int32Array;
  /** Key of each sample in this epoch, from `sample-keys`. */
  readonly sampleKeys: Uint32Array;
  /**
   * Key of each row's view: of one source, equal keys have equal pixels, at both sizes. What stored teacher logits are found
   * by; see `ImageSource.viewSettings`.
   */
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
  /** What was wrong with it. */
  readonly reason: string;
}
