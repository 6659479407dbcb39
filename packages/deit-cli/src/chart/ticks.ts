/** Round numbers from at or below `low` to at or above `high`, 1, 2, 2.5 or 5 times a power of ten apart. @param about - Number wanted. */
export function roundTicks(low: number, high: number, about = 5): number[] {
  const rough = (high - low || 1) / (about - 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough * 0.999)!;
  const first = Math.floor(low / step + 1e-9);
  const last = Math.max(first + 1, Math.ceil(high / step - 1e-9));
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}

/** Whole epochs in [first, last] that are multiples of a round step, at most `most` of them. */
export function epochTicks(first: number, last: number, most = 8): number[] {
  const rough = (last - first + 1) / most;
  const power = 10 ** Math.max(0, Math.floor(Math.log10(rough)));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough)!;
  const start = Math.ceil(first / step);
  return Array.from({ length: Math.floor(last / step) - start + 1 }, (_, i) => (start + i) * step);
}
