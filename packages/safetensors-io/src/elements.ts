/** Returns the number of elements of a shape; infinite if the product exceeds the safe integers. */
export function elements(shape: readonly number[]): number {
  let size = 1;
  for (const side of shape) {
    size *= side;
    if (!Number.isSafeInteger(size)) return Number.POSITIVE_INFINITY;
  }
  return size;
}
