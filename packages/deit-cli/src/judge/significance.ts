/** Two-sided 95% of a standard normal distribution. */
const Z = 1.959963984540054;

/** Ends of an interval. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * Wilson's 95% interval of a share. Unlike the share plus or minus two standard errors, it holds for few trials and near 0 and 1.
 *
 * @see Wilson 1927, "Probable inference, the law of succession, and statistical inference"
 */
export function wilson(successes: number, trials: number): Interval {
  const share = successes / trials;
  const square = Z ** 2 / trials;
  const middle = share + square / 2;
  const half = Z * Math.sqrt((share * (1 - share)) / trials + square / (4 * trials));
  const [low, high] = [(middle - half) / (1 + square), (middle + half) / (1 + square)];
  // At the ends it is exact; rounding is not.
  return { low: successes === 0 ? 0 : low, high: successes === trials ? 1 : high };
}

/**
 * McNemar's exact test of two models on the same pictures: how likely a split as uneven as this one is if either model is as likely
 * as the other to be the only one that is right.
 *
 * @param onlyFirst - Pictures that only the first model gets right.
 * @param onlySecond - Pictures that only the second one gets right.
 * @returns Two-sided p, in (0, 1]; 1 where there is no such picture.
 * @see McNemar 1947, "Note on the sampling error of the difference between correlated proportions or percentages"
 */
export function mcnemar(onlyFirst: number, onlySecond: number): number {
  const trials = onlyFirst + onlySecond;
  const fewest = Math.min(onlyFirst, onlySecond);
  let logTerm = -trials * Math.LN2; // of the binomial distribution at 0, then at 1, …
  let tail = 0;
  for (let k = 0; k <= fewest; k++) {
    tail += Math.exp(logTerm);
    logTerm += Math.log((trials - k) / (k + 1));
  }
  return Math.min(1, 2 * tail);
}
