/**
 * Where a teacher's logits are kept by the key of the view: files in a folder (`logitStore` of `distill-trainer/node`), memory, a
 * database. One store belongs to one teacher and one way of making views.
 */
export interface LogitStore {
  readonly classes: number;
  /** @returns One entry a key: its logits, `[classes]`, or `undefined` where nobody has stored them yet. */
  find(keys: BigUint64Array): Promise<readonly (Float32Array | undefined)[]>;
  /**
   * Keeps rows, also for all others that use the store. Keys that are there already may come again.
   *
   * @param logits - `[keys, classes]`, row by row; copied.
   */
  add(keys: BigUint64Array, logits: Float32Array): Promise<void>;
}
