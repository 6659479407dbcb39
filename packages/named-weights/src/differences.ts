/** A weight beside what a file has in its place. */
export interface Comparison {
  readonly key: string;
  /** The weight's shape in the file's layout. */
  readonly expected: readonly number[];
  /** The tensor's. */
  readonly found: readonly number[];
  /** Library that the file's names come from. */
  readonly names: string;
  /** What the file says of itself. */
  readonly metadata: ReadonlyMap<string, string>;
  /** Whether the file has a weight of this key. */
  has(key: string): boolean;
}

/** How a weight is made of a tensor that is not what the model has in its place. */
export interface Change<Difference extends string> {
  /** What the caller must accept. Default: nothing makes it acceptable. */
  readonly needs?: readonly Difference[];
  /** The weight's numbers of the file's and the model's own, in the file's layout. Default: the model keeps its own. */
  readonly convert?: (stored: Float32Array, own: Float32Array) => Float32Array;
  /** Whether numbers are interpolated, for the report. */
  readonly interpolates?: boolean;
  /** Parts of the weight that stay the model's own, for the report. */
  readonly keeps?: readonly string[];
  /** The problem where the shapes do not show it. */
  readonly problem?: string;
}

/** Which differences between a file and a model a family knows, and which of them the caller accepts. */
export interface Differences<Difference extends string = string> {
  readonly accepted: readonly Difference[];
  /** The option that accepts these, as it is written: `head: "keep"`. */
  optionFor(refused: readonly Difference[]): string;
  /** The difference that the absence of a weight from the file is; `undefined`: it must be there. */
  missing(key: string): Difference | undefined;
  /** The difference that a tensor without a weight in the model is; `undefined`: the model must have it. */
  unexpected(key: string): Difference | undefined;
  /** What may be made of another tensor than the weight's; `undefined`: it must have the weight's shape. */
  changed(comparison: Comparison): Change<Difference> | undefined;
}
