/** A batch of samples on the host, with their keys. Row `i` of every field is one sample; the receiver owns the arrays. */
export interface Batch {
  /** Samples, one row each, float32. Images are NHWC, RGB, 0…255. */
  readonly images: Float32Array;
  /** Shape of `images`, `[batch, …sample]`. */
  readonly shape: readonly number[];
  /** Class of each sample, in [0, classes). */
  readonly labels: Int32Array;
  /** Soft labels `[batch, classes]`, a distribution for each row, trained on in place of `labels` (MixUp). Default: none. */
  readonly targets?: Float32Array;
  /** Key of each sample in this epoch, from which every random decision about it is drawn. */
  readonly sampleKeys: Uint32Array;
  /** Key of each row's teacher image, under which its logits are stored: equal keys mean equal pixels, in any epoch. */
  readonly viewKeys?: BigUint64Array;
  /** The same views at the teacher's resolution. Default: `images`. */
  readonly teacherImages?: Float32Array;
  /** Shape of `teacherImages`, `[batch, …sample]`. */
  readonly teacherShape?: readonly number[];
}
