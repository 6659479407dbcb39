import { bootstrapMeans, percentileInterval, type Sample, shapeOf } from "./bootstrap.ts";
import type { PictureRow } from "./picture-rows.ts";
import { type Interval, mcnemar } from "./significance.ts";
import { tInterval } from "./student-t.ts";

/** Size of what a mean is of. */
interface Size {
  readonly seeds: number;
  /** Different pictures, over all seeds. */
  readonly pictures: number;
}

/** Accuracy of one arm: a model, over its seeds. */
interface ArmAccuracy extends Size {
  readonly arm: string;
  /** Mean over seeds, in [0, 1]. */
  readonly accuracy: number;
  /** 95%, by bootstrap over seeds and pictures. */
  readonly interval: Interval;
}

/** Difference of two arms on the seeds and pictures that both have. */
export interface Difference extends Size {
  readonly first: string;
  readonly second: string;
  /** Accuracy of the second minus that of the first. */
  readonly difference: number;
  /** 95%, by paired bootstrap over seeds and pictures. */
  readonly interval: Interval;
  /** 95% by the seeds' differences alone, Student's; with two seeds or more. */
  readonly bySeeds?: Interval;
  /** p of McNemar's exact test; with one seed. */
  readonly mcnemar?: number;
}

/** Arms, and differences between them. */
export interface Comparison {
  readonly arms: readonly ArmAccuracy[];
  readonly differences: readonly Difference[];
  /** Whether all seeds have the same pictures. */
  readonly isCrossed: boolean;
}

/** Correct answers (1) and mistakes (0) of an arm, by seed and picture. */
type Answers = ReadonlyMap<number, ReadonlyMap<string, number>>;

/**
 * Accuracies of all arms, and the difference of each pair of compared ones, with 95% intervals; see `bootstrapMeans`.
 *
 * @param isCompared - Whether an arm is part of the pairs. Default: all are.
 * @throws Error naming a picture that an arm has twice for one seed.
 */
export function compareArms(
  rows: readonly PictureRow[],
  isCompared: (arm: string) => boolean = () => true,
): Comparison {
  const answers = answersByArm(rows);
  const arms = [...answers].map(([arm, one]) => ({ arm, ...sampleOf(one) }));
  const compared = [...answers].filter(([arm]) => isCompared(arm));
  const pairs = compared.flatMap(([second, b], i) =>
    compared.slice(0, i).flatMap(([first, a]) => {
      const both = differences(a, b);
      return both.size === 0 ? [] : [{ first, second, ...sampleOf(both) }];
    }),
  );
  const intervalOf = intervals([...arms, ...pairs]);
  return {
    arms: arms.map(({ arm, seeds, pictures, ...sample }, i) => ({
      ...{ arm, seeds, pictures, accuracy: meanOf(sample.values.map(meanOf)), interval: intervalOf[i]! },
    })),
    differences: pairs.map((pair, i) => differenceOf(pair, intervalOf[arms.length + i]!)),
    isCrossed: arms.every((one) => one.isCrossed),
  };
}

/** Bootstrap intervals of means; samples of one shape are resampled together. */
function intervals(samples: readonly Sample[]): Interval[] {
  const found = new Map<Sample, Interval>();
  for (const shape of new Set(samples.map(shapeOf))) {
    const together = samples.filter((one) => shapeOf(one) === shape);
    const means = bootstrapMeans(together);
    together.forEach((one, i) => void found.set(one, percentileInterval(means[i]!)));
  }
  return samples.map((one) => found.get(one)!);
}

function answersByArm(rows: readonly PictureRow[]): Map<string, Map<number, Map<string, number>>> {
  const arms = new Map<string, Map<number, Map<string, number>>>();
  for (const { arm, seed, picture, correct } of rows) {
    const seeds = arms.get(arm) ?? new Map<number, Map<string, number>>();
    const pictures = seeds.get(seed) ?? new Map<string, number>();
    if (pictures.has(picture))
      throw new Error(
        `expected each picture once for each arm and seed, got '${picture}' twice for '${arm}', ${seed}`,
      );
    arms.set(arm, seeds.set(seed, pictures.set(picture, correct ? 1 : 0)));
  }
  return arms;
}

/** All seeds' values; pictures in the order of the first seed where all seeds have the same. */
function sampleOf(answers: Answers): Sample & Size {
  const seeds = [...answers.values()];
  const first = seeds[0]!;
  const isCrossed = seeds.every(
    (one) => one.size === first.size && [...one.keys()].every((it) => first.has(it)),
  );
  const values = seeds.map((one) =>
    [...(isCrossed ? first : one).keys()].map((picture) => one.get(picture)!),
  );
  const pictures = new Set(seeds.flatMap((one) => [...one.keys()])).size;
  return { values, isCrossed, seeds: seeds.length, pictures };
}

const sum = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((total, value) => total + value, 0);
const meanOf = (values: ArrayLike<number>): number => sum(values) / values.length;

/** Differences of the seeds and pictures that both have, the second minus the first. */
function differences(a: Answers, b: Answers): Answers {
  const bySeed = [...a].map(([seed, pictures]) => {
    const others = b.get(seed);
    const common = [...pictures].flatMap(([picture, value]): [string, number][] =>
      others?.has(picture) ? [[picture, others.get(picture)! - value]] : [],
    );
    return [seed, new Map(common)] as const;
  });
  return new Map(bySeed.filter(([, common]) => common.size > 0));
}

function differenceOf(
  { first, second, seeds, pictures, values }: Sample & Size & Pick<Difference, "first" | "second">,
  interval: Interval,
): Difference {
  const bySeed = values.map(meanOf);
  const only = (sign: number): number => Array.from(values[0]!).filter((value) => value === sign).length;
  return {
    ...{ first, second, seeds, pictures, difference: meanOf(bySeed), interval },
    ...(seeds > 1 ? { bySeeds: tInterval(bySeed) } : { mcnemar: mcnemar(only(-1), only(1)) }),
  };
}
