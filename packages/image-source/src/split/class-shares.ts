import { md5 } from "../hash/md5.ts";

/** Returns the most likely counts of `draws` samples: proportional, what is left over by the largest remainders. */
export function sharesOf(counts: readonly number[], draws: number, seed: number): number[] {
  const size = counts.reduce((sum, count) => sum + count, 0);
  const exact = counts.map((count) => (count / size) * draws);
  const shares = exact.map(Math.floor);
  const left = draws - shares.reduce((sum, share) => sum + share, 0);
  const remainder = exact.map((value, label) => value - shares[label]!);
  const ties = counts.map((_, label) => md5(`${seed} class ${label}`));
  const byRemainder = Array.from(counts.keys()).sort(
    (a, b) => remainder[b]! - remainder[a]! || (ties[a]! < ties[b]! ? -1 : 1),
  );
  for (const label of byRemainder.slice(0, left)) shares[label]! += 1;
  return shares;
}
