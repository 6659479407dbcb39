/**
 * Label of a sample that may have any number of classes, none included: its `targets` name them. −1, in contrast, is a sample that nobody
 * labeled.
 */
export const MULTI_LABEL = -2;

/** A batch of samples on the host, with their keys. Row `i` of every field is one sample; the receiver owns the arrays. */
export interface Batch {
  /** Samples, one row each, float32. Images are NHWC, RGB, 0…255. */
  readonly images: Float32Array;
  /** Shape of `images`, `[batch, …sample]`. */
  readonly shape: readonly number[];
  /**
   * Class of each sample, in [0, classes); −1 for a sample that nobody labeled, which tasks accept that learn from a teacher;
   * {@link MULTI_LABEL} for one with several labels, whose classes are in `targets`.
   */
  readonly labels: Int32Array;
  /**
   * Labeled share of each row, `[batch]`, in [0, 1], by which it counts in the mean of the labels' loss (a mix of labeled and
   * unlabeled samples). Default: 0 for the label −1, otherwise 1.
   */
  readonly labelWeights?: Float32Array;
  /**
   * Soft labels `[batch, classes]`, a distribution for each row that has a labeled share, trained on in place of `labels` (MixUp). Of
   * samples with several labels: 1 for each class that a row has, in [0, 1] if it is mixed. Default: none.
   */
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
