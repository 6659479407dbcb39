/** Index of the first number that is NaN or infinite; -1 where all are finite. */
export function firstNonFinite(data: ArrayLike<number>): number {
  // `x · 0` is 0 for finite numbers only. Four sums, because one would wait for each addition.
  let [a, b, c, d] = [0, 0, 0, 0];
  const whole = data.length - (data.length % 4);
  for (let i = 0; i < whole; i += 4) {
    a += data[i]! * 0;
    b += data[i + 1]! * 0;
    c += data[i + 2]! * 0;
    d += data[i + 3]! * 0;
  }
  for (let i = whole; i < data.length; i++) a += data[i]! * 0;
  if (a + b + c + d === 0) return -1;
  return Array.prototype.findIndex.call(data, (x: number) => !Number.isFinite(x));
}
