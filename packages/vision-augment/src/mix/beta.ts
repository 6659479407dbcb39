import { normal, siteOf, uniform } from "sample-keys";

const NORMAL = siteOf("beta.normal");
const ACCEPT = siteOf("beta.accept");
const BOOST = siteOf("beta.boost");

/**
 * A number of the symmetric beta distribution, a pure function of its key: `X / (X + Y)` of two gamma numbers.
 *
 * @param alpha - Both parameters, above 0.
 * @param key - uint32; one number a key.
 * @see Marsaglia and Tsang 2000, https://doi.org/10.1145/358407.358414
 */
export function beta(alpha: number, key: number): number {
  return 1 / (1 + Math.exp(logGamma(alpha, key, 1) - logGamma(alpha, key, 0)));
}

/** Logarithm of gamma number `which` of two: of itself the number would round to 0 for a small `alpha`. */
function logGamma(alpha: number, key: number, which: 0 | 1): number {
  if (alpha < 1) {
    const boost = Math.log(uniform(key, BOOST, which) + 2 ** -33) / alpha;
    return logGamma1(alpha + 1, key, which) + boost;
  }
  return logGamma1(alpha, key, which);
}

/** {@link logGamma} of an `alpha` of at least 1. */
function logGamma1(alpha: number, key: number, which: 0 | 1): number {
  const d = alpha - 1 / 3;
  for (let attempt = 0; ; attempt++) {
    const index = 2 * attempt + which;
    const x = normal(key, NORMAL, index);
    const v = (1 + x / Math.sqrt(9 * d)) ** 3;
    if (v > 0 && Math.log(uniform(key, ACCEPT, index)) < x * x * 0.5 + d - d * v + d * Math.log(v)) {
      return Math.log(d * v);
    }
  }
}
