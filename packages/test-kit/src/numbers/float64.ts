/** A column of `count` numbers by index. */
export function each(count: number, of: (index: number) => number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => of(i));
}

/** A sum over indices, in float64. */
export function total(count: number, of: (index: number) => number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += of(i);
  return sum;
}

/** Σ a · b in float64. */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return total(a.length, (i) => a[i]! * b[i]!);
}
