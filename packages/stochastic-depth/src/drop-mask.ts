import { uniform } from "sample-keys";

/** The samples that one call of stochastic depth drops, and its factor for the others. */
export interface DropOptions {
  /** Probability of dropping a sample's branch, in [0, 1]. */
  readonly dropProb: number;
  /** One uint32 key per row of the batch. */
  readonly sampleKeys?: ArrayLike<number> | undefined;
  /** Site of the decision. */
  readonly site: number;
}

/**
 * Returns the factor of each sample's branch, `floor(keep + u) / keep`: 0 or `1 / keep`.
 *
 * @throws TypeError if keys are missing, RangeError if there is not one per row; errors name `caller`.
 */
export function dropMask(caller: string, shape: readonly number[], options: DropOptions): Float32Array {
  const { dropProb, sampleKeys, site } = options;
  const batch = shape[0] ?? 1;
  if (sampleKeys === undefined) {
    throw new TypeError(`${caller}: training needs sampleKeys, one per row of the batch, got none`);
  }
  if (sampleKeys.length !== batch) {
    throw new RangeError(`${caller}: expected ${batch} sampleKeys for [${shape}], got ${sampleKeys.length}`);
  }
  const keep = 1 - dropProb;
  if (keep === 0) return new Float32Array(batch); // 0 / keep is not a number
  const mask = new Float32Array(batch); // `from` with a function is ten times as slow
  for (let i = 0; i < batch; i++) mask[i] = Math.floor(keep + uniform(sampleKeys[i]!, site)) / keep;
  return mask;
}

/** Returns the rows that a mask keeps, ascending. */
export function keptRows(mask: ArrayLike<number>): number[] {
  return Array.from(mask, (factor, row) => (factor === 0 ? -1 : row)).filter((row) => row >= 0);
}
