/**
 * Storage of a teacher's logits by view key: a folder (`logitStore` of `distill-trainer/node`), memory, a database. A store
 * belongs to one teacher and one kind of views.
 */
export interface LogitStore {
  /** Number of classes. */
  readonly classes: number;
  /** Returns for each key its logits, `[classes]`, or `undefined` if they are not stored. */
  find(keys: BigUint64Array): Promise<readonly (Float32Array | undefined)[]>;
  /**
   * Stores rows; keys may exist already.
   *
   * @param logits - Logits `[keys, classes]`, row-major; copied.
   */
  add(keys: BigUint64Array, logits: Float32Array): Promise<void>;
}
