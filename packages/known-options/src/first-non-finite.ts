/** Returns the index of the first number that is NaN or infinite, or -1 if all are finite. */
export function firstNonFinite(data: ArrayLike<number>): number {
  // A float64 sum of finite float32s is finite; NaN and infinities persist. Four independent sums run in parallel.
  let [a, b, c, d] = [0, 0, 0, 0];
  const whole = data.length - (data.length % 8);
  for (let i = 0; i < whole; i += 8) {
    a += data[i]! + data[i + 4]!;
    b += data[i + 1]! + data[i + 5]!;
    c += data[i + 2]! + data[i + 6]!;
    d += data[i + 3]! + data[i + 7]!;
  }
  for (let i = whole; i < data.length; i++) a += data[i]!;
  if (Number.isFinite(a + b + c + d)) return -1;
  return Array.prototype.findIndex.call(data, (x: number) => !Number.isFinite(x));
}
