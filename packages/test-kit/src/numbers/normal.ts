/** The error function, by its series of positive terms, to float64's precision. */
export function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let [term, sum] = [x, x];
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** Density of the standard normal distribution. */
export function normalDensity(x: number): number {
  return Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
}

/** Φ(x) by its power series, and its tails by Laplace's continued fraction. */
export function normalCdf(x: number): number {
  if (Math.abs(x) < 3) {
    let [term, sum] = [x, x];
    for (let k = 3; k < 120; k += 2) {
      term *= (x * x) / k;
      sum += term;
    }
    return 0.5 + normalDensity(x) * sum;
  }
  const z = Math.abs(x);
  let fraction = z;
  for (let k = 100; k >= 1; k--) fraction = z + k / fraction;
  const tail = normalDensity(z) / fraction;
  return x < 0 ? tail : 1 - tail;
}
