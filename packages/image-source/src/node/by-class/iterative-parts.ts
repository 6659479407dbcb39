import { md5 } from "../../hash/md5.ts";
import { keyedOrder } from "../../split/keyed-samples.ts";

/** Samples that may have several classes each. */
export interface MultiLabelSamples {
  readonly keys: readonly string[];
  /** `[samples, classes]`, 1 for each class that a sample has. */
  readonly multiHot: Uint8Array;
  readonly classes: number;
}

/**
 * Divides samples with several classes into parts so that each class has its share in each: iterative stratification. The class with the
 * fewest samples left is dealt out first, each sample to the part that lacks most of that class, then most samples at all.
 *
 * Where the paper draws, `md5` of seed and key decides, so the order of the samples does not matter.
 *
 * @param shares - Share of each part; their sum is 1.
 * @returns Part of each sample.
 * @see Sechidis, Tsoumakas and Vlahavas 2011, "On the Stratification of Multi-label Data", https://doi.org/10.1007/978-3-642-23808-6_10
 */
export function iterativeParts(
  { keys, multiHot, classes }: MultiLabelSamples,
  shares: readonly number[],
  seed: number,
): Int32Array {
  const labelsOf = (sample: number): number[] =>
    Array.from({ length: classes }, (_, label) => label).filter(
      (label) => multiHot[sample * classes + label],
    );
  const order = keyedOrder(keys, seed);
  const counts = Array.from({ length: classes }, () => 0);
  for (const sample of order) for (const label of labelsOf(sample)) counts[label]! += 1;
  const wanted = shares.map((share) => share * keys.length);
  const wantedOf = shares.map((share) => counts.map((count) => count * share));
  const ties = counts.map((_, label) => md5(`${seed} class ${label}`));
  const partOf = new Int32Array(keys.length).fill(-1);
  const place = (sample: number, lacks: (part: number) => number): void => {
    const parts = [...shares.keys()];
    const part = parts.reduce((best, one) => {
      const more = lacks(one) - lacks(best) || wanted[one]! - wanted[best]!;
      return more > 0 ? one : best;
    });
    partOf[sample] = part;
    wanted[part]! -= 1;
    for (const label of labelsOf(sample)) {
      counts[label]! -= 1;
      wantedOf[part]![label]! -= 1;
    }
  };
  for (;;) {
    const left = [...counts.keys()].filter((label) => counts[label]! > 0);
    if (left.length === 0) break;
    const rarest = left.reduce((best, label) => {
      const fewer = counts[best]! - counts[label]!;
      return fewer > 0 || (fewer === 0 && ties[label]! < ties[best]!) ? label : best;
    });
    for (const sample of order) {
      if (partOf[sample]! < 0 && multiHot[sample * classes + rarest])
        place(sample, (part) => wantedOf[part]![rarest]!);
    }
  }
  for (const sample of order) if (partOf[sample]! < 0) place(sample, (part) => wanted[part]!);
  return partOf;
}

/** Positions of samples in and outside of a part, both mixed by seed and key. */
export function splitByPart(
  { keys }: Pick<MultiLabelSamples, "keys">,
  partOf: Int32Array,
  heldOut: number,
  seed: number,
): { train: Int32Array; validation: Int32Array } {
  const order = keyedOrder(keys, seed);
  return {
    train: Int32Array.from(order.filter((sample) => partOf[sample] !== heldOut)),
    validation: Int32Array.from(order.filter((sample) => partOf[sample] === heldOut)),
  };
}
