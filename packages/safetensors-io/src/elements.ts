/** Number of elements of a shape; infinite where the product is not a safe integer on the way. */
export function elements(shape: readonly number[]): number {
  let size = 1;
  for (const side of shape) {
    size *= side;
    if (!Number.isSafeInteger(size)) return Number.POSITIVE_INFINITY;
  }
  return size;
}
