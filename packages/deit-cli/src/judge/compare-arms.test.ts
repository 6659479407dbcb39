import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { bootstrapMeans, percentileInterval, RESAMPLES } from "./bootstrap.ts";
import { compareArms } from "./compare-arms.ts";
import { fromCsv, type PictureRow, toCsv } from "./picture-rows.ts";
import type { Interval } from "./significance.ts";
import { tQuantile } from "./student-t.ts";

interface Golden {
  readonly arms: readonly (Crossed & { readonly arm: string })[];
  readonly pairs: readonly {
    readonly first: string;
    readonly second: string;
    readonly oneSeed: Omit<Crossed, "mean"> & { readonly difference: number; readonly mcnemar: number };
    readonly allSeeds: Crossed & { readonly bySeeds: [number, number] };
  }[];
  readonly tQuantiles: readonly [number, number][];
}
interface Crossed {
  readonly mean: number;
  readonly interval: [number, number];
  /** Standard deviation of the bootstrap means. */
  readonly deviation: number;
}

const read = (name: string) => readFileSync(new URL(`../../test/${name}`, import.meta.url), "utf8");
/** Values of scipy, statsmodels and numpy, written by test/comparison.py. */
const golden: Golden = JSON.parse(read("comparison.json"));
const text = read("comparison.csv");
const rows = fromCsv(text, "comparison.csv");
const ofOneSeed = rows.filter(({ seed }) => seed === 42);
const PICTURES = 200;

/** Four standard errors of a 2.5% quantile of a normal distribution by as many resamples as here, and one step of a mean. */
function requireEqual(
  interval: Interval,
  [low, high]: readonly number[],
  deviation: number,
  step: number,
): void {
  const density = Math.exp(-(1.96 ** 2) / 2) / Math.sqrt(2 * Math.PI) / deviation;
  const tolerance = (4 * Math.sqrt((0.025 * 0.975) / RESAMPLES)) / density + step;
  expect(Math.abs(interval.low - low!)).toBeLessThan(tolerance);
  expect(Math.abs(interval.high - high!)).toBeLessThan(tolerance);
  expect(tolerance).toBeLessThan(0.25 * (high! - low!)); // a wrong method is noticed
}

test("the CSV is read back as it was written, quotes and commas included", () => {
  expect(rows).toHaveLength(3 * 3 * PICTURES);
  expect(new Set(rows.map(({ label }) => label))).toEqual(new Set(["daisy", "tulip", "rose, wild"]));
  expect(rows.find(({ correct }) => !correct)!.predicted).toBe('a "weed"');
  expect(toCsv(rows)).toBe(text);
  expect(() => fromCsv("picture,label\n", "x.csv")).toThrow(
    "x.csv: expected the columns picture,label,arm,seed,predicted,correct, got picture,label",
  );
  expect(() => fromCsv(`${text}a,b,c,1,d\n`, "x.csv")).toThrow("x.csv: row 1801: expected picture,");
});

test("one seed's differences have scipy's paired bootstrap and statsmodels' exact McNemar test", () => {
  const { differences } = compareArms(ofOneSeed);
  expect(differences.map(({ first, second }) => [first, second])).toEqual(
    golden.pairs.map(({ first, second }) => [first, second]),
  );
  golden.pairs.forEach(({ oneSeed }, i) => {
    const { difference, interval, mcnemar, bySeeds, seeds, pictures } = differences[i]!;
    expect([seeds, pictures, bySeeds]).toEqual([1, PICTURES, undefined]);
    expect(difference).toBeCloseTo(oneSeed.difference, 12);
    expect(Math.abs(mcnemar! - oneSeed.mcnemar)).toBeLessThanOrEqual(1e-9 * oneSeed.mcnemar);
    requireEqual(interval, oneSeed.interval, oneSeed.deviation, 1 / PICTURES);
  });
});

test("several seeds are resampled with the pictures, as in numpy, and have Student's interval beside it", () => {
  const { arms, differences, isCrossed } = compareArms(rows);
  expect(isCrossed).toBe(true);
  golden.arms.forEach(({ arm, mean, interval, deviation }, i) => {
    expect(arms[i]).toMatchObject({ arm, seeds: 3, pictures: PICTURES, accuracy: expect.closeTo(mean, 12) });
    requireEqual(arms[i]!.interval, interval, deviation, 1 / PICTURES / 3);
  });
  golden.pairs.forEach(({ allSeeds }, i) => {
    const { difference, interval, bySeeds, mcnemar } = differences[i]!;
    expect(mcnemar).toBeUndefined();
    expect(difference).toBeCloseTo(allSeeds.mean, 12);
    requireEqual(interval, allSeeds.interval, allSeeds.deviation, 1 / PICTURES / 3);
    expect([bySeeds!.low, bySeeds!.high]).toEqual(allSeeds.bySeeds.map((end) => expect.closeTo(end, 9)));
  });
});

test("an interval is the same whenever it is computed, and another with another seed of its random numbers", () => {
  expect(compareArms(rows)).toEqual(compareArms(rows));
  const sample = { values: [[0, 1, 1, 0, 1]], isCrossed: true };
  const means = (seed: number) => bootstrapMeans([sample], { resamples: 50, seed });
  expect(means(1)).toEqual(means(1));
  expect(means(1)).not.toEqual(means(2));
});

test("pictures of a seed's own are drawn within it", () => {
  // Every picture of a seed has the seed's value: only the draw of the seeds matters, and a third of all draws of two give each mean.
  const values = [Array(50).fill(0), Array(30).fill(1)] as number[][];
  const means = [...bootstrapMeans([{ values, isCrossed: false }])[0]!];
  const share = (mean: number) => means.filter((one) => Math.abs(one - mean) < 1e-12).length / means.length;
  expect(share(0) + share(0.5) + share(1)).toBe(1);
  for (const [mean, expected] of [
    [0, 0.25],
    [0.5, 0.5],
    [1, 0.25],
  ] as const)
    expect(Math.abs(share(mean) - expected)).toBeLessThan(
      4 * Math.sqrt((expected * (1 - expected)) / RESAMPLES),
    );
});

test("a difference is of the seeds and pictures that both arms have", () => {
  const row = (arm: string, seed: number, picture: string, correct: boolean): PictureRow => ({
    ...{ picture, label: "a", arm, seed, predicted: correct ? "a" : "b", correct },
  });
  const some = [
    ...[row("x", 1, "p", true), row("x", 1, "q", false), row("x", 2, "p", true), row("x", 2, "q", true)],
    ...[row("y", 1, "q", true), row("y", 3, "p", true), row("z", 9, "p", true)],
  ];
  const { arms, differences } = compareArms(some);
  expect(arms.map(({ arm, seeds, pictures, accuracy }) => [arm, seeds, pictures, accuracy])).toEqual([
    ["x", 2, 2, 0.75],
    ["y", 2, 2, 1],
    ["z", 1, 1, 1],
  ]);
  expect(differences).toEqual([
    {
      ...{ first: "x", second: "y", seeds: 1, pictures: 1, difference: 1, mcnemar: 1 },
      interval: { low: 1, high: 1 },
    },
  ]);
  expect(compareArms(some, (arm) => arm !== "y").differences).toEqual([]);
  expect(() => compareArms([some[0]!, some[0]!])).toThrow("got 'p' twice for 'x', 1");
});

test.each(golden.tQuantiles)(
  "Student's quantile of %d degrees of freedom is scipy's",
  (degrees, quantile) => {
    expect(Math.abs(tQuantile(degrees) / quantile - 1)).toBeLessThan(1e-8);
  },
);

test("percentiles are numpy's", () => {
  const { low, high } = percentileInterval(Float64Array.from({ length: 11 }, (_, i) => 10 - i));
  expect([low, high]).toEqual([expect.closeTo(0.25, 12), expect.closeTo(9.75, 12)]); // numpy.quantile(range(11), [.025, .975])
});
