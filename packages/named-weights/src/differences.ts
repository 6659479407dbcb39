/** A weight of a model and its tensor in a file. */
export interface Comparison {
  /** Key of the weight. */
  readonly key: string;
  /** The weight's shape in the file's layout. */
  readonly expected: readonly number[];
  /** The tensor's shape. */
  readonly found: readonly number[];
  /** Library that the file's names come from. */
  readonly names: string;
  /** The file's metadata. */
  readonly metadata: ReadonlyMap<string, string>;
  /** Whether the file has a weight of this key. */
  has(key: string): boolean;
  /** Returns the names of the file's tensors of a weight, without wrappers' prefixes; none if it has none. */
  tensorsOf(key: string): readonly string[];
}

/** Conversion of a tensor that differs from the model's weight. */
export interface Change<Difference extends string> {
  /** Differences that the caller must accept. Default: it is never acceptable. */
  readonly needs?: readonly Difference[];
  /**
   * Computes the weight from the file's values and the model's, in the file's layout, and the values of {@link Change.reads} by key.
   * Default: the model keeps its own.
   */
  readonly convert?: (
    stored: Float32Array,
    own: Float32Array,
    others: ReadonlyMap<string, Float32Array>,
  ) => Float32Array;
  /** Keys of other weights of the file that `convert` reads; they must be weights that are loaded. Default: none. */
  readonly reads?: readonly string[];
  /** Whether values are interpolated, for the report. */
  readonly interpolates?: boolean;
  /** Parts of the weight that stay the model's own, for the report. */
  readonly keeps?: readonly string[];
  /** Description of the problem. Default: the two shapes. */
  readonly problem?: string;
}

/** Differences between file and model that a family of models has, and those that the caller accepts. */
export interface Differences<Difference extends string = string> {
  /** Differences that the caller accepts. */
  readonly accepted: readonly Difference[];
  /** Returns the option that accepts these, as code: `head: "keep"`. */
  optionFor(refused: readonly Difference[]): string;
  /** Returns the difference that allows a weight to be absent from the file; `undefined` if it is required. */
  missing(key: string): Difference | undefined;
  /** Returns the difference that allows a tensor without a weight in the model; `undefined` if the weight is required. */
  unexpected(key: string): Difference | undefined;
  /** Returns the conversion of a tensor that differs; `undefined` if it must have the weight's shape. */
  changed(comparison: Comparison): Change<Difference> | undefined;
}
