/** One of several programs that train together on parts of each batch: MPI's rank and size. */
export interface RankShare {
  /** Number of this program, an integer in [0, size). */
  readonly rank: number;
  /** Number of programs, an integer ≥ 1. */
  readonly size: number;
}

/**
 * Returns the rows of a batch that a rank computes. Row `i` and row `rows − 1 − i`, which MixUp and CutMix mix, are always one
 * rank's, so it needs no rows of others. Ranks differ by at most two rows; a rank of a small batch may have none.
 *
 * @param rows - Rows of the whole batch, an integer ≥ 0.
 * @returns Their indices in the batch, ascending; a new array owned by the caller.
 * @throws TypeError if `share` is not an object. RangeError if a number is out of range.
 *
 * @example
 * console.log(rowsOfRank(6, { rank: 0, size: 2 })); // [0, 5]
 * console.log(rowsOfRank(6, { rank: 1, size: 2 })); // [1, 2, 3, 4]
 */
export function rowsOfRank(rows: number, share: RankShare): Int32Array {
  if (typeof share !== "object" || share === null) {
    throw new TypeError(`rowsOfRank: share must be { rank, size }, got ${share}`);
  }
  const { rank, size } = share;
  if (!(Number.isInteger(rows) && rows >= 0)) {
    throw new RangeError(`rowsOfRank: rows must be an integer >= 0, got ${rows}`);
  }
  if (!(Number.isInteger(size) && size >= 1)) {
    throw new RangeError(`rowsOfRank: size must be an integer >= 1, got ${size}`);
  }
  if (!(Number.isInteger(rank) && rank >= 0 && rank < size)) {
    throw new RangeError(`rowsOfRank: rank must be an integer in [0, ${size}), got ${rank}`);
  }
  const pairs = Math.ceil(rows / 2); // of an odd batch, the middle row is a pair by itself
  const first = Math.floor((pairs * rank) / size);
  const last = Math.floor((pairs * (rank + 1)) / size);
  const chosen: number[] = [];
  for (let row = first; row < last; row++) chosen.push(row);
  for (let row = last - 1; row >= first; row--) if (rows - 1 - row !== row) chosen.push(rows - 1 - row);
  return Int32Array.from(chosen);
}
