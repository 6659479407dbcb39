import { type Batch, sampleKey } from "sample-keys";
import { fixturesOf, largestDifference } from "test-kit";
import { describe, expect, test } from "vitest";
import { type Mix, mixBatch, mixOf } from "../index.ts";
import { beta } from "./beta.ts";

interface Golden {
  readonly labels: number[];
  readonly size: [number, number];
  readonly classes: number;
  readonly cases: {
    readonly kind: "mixup" | "cutmix";
    readonly lambda: number;
    readonly middle: [number, number];
    readonly smoothing: number;
    readonly images: number[];
    readonly targets: number[];
  }[];
  readonly byRow: {
    readonly mode: "pair" | "elem";
    readonly mixes: (Pick<Golden["cases"][number], "lambda" | "middle"> & { readonly kind: Mix["kind"] })[];
    readonly smoothing: number;
    readonly images: number[];
    readonly targets: number[];
  }[];
}
const golden = fixturesOf(import.meta.url).json("mixup.json") as Golden;

function batchOf(rows: number, [height, width]: [number, number], labels: number[]): Batch {
  return {
    images: Float32Array.from({ length: rows * height * width * 3 }, (_, i) => (i * 37 + 11) % 256),
    shape: [rows, height, width, 3],
    labels: Int32Array.from(labels),
    sampleKeys: Uint32Array.from({ length: rows }, (_, i) => sampleKey(1, 0, i)),
  };
}

/** The fixture has all numbers of each. */
function mixIn({ kind, lambda, middle }: Golden["byRow"][number]["mixes"][number]): Mix {
  if (kind === "none") return { kind };
  return kind === "mixup" ? { kind, lambda } : { kind, lambda, middle };
}

/** timm smooths labels before it mixes them; a trainer, afterwards. */
function smoothed(targets: Float32Array, smoothing: number): Float32Array {
  return targets.map((share) => share * (1 - smoothing) + smoothing / golden.classes);
}

describe("mixBatch", () => {
  test.each(golden.cases)("is timm's Mixup: $kind with lambda $lambda", (c) => {
    const batch = batchOf(4, golden.size, golden.labels);
    const before = batch.images.slice();
    const mixed = mixBatch(batch, mixIn(c), golden.classes);
    expect(batch.images).toEqual(before);
    expect(largestDifference(mixed.images, c.images)).toBeLessThan(1e-4); // float32 of up to 255, stored with 4 digits
    expect(largestDifference(smoothed(mixed.targets, c.smoothing), c.targets)).toBeLessThan(1e-6); // float32, smoothed after mixing
  });

  test.each(golden.byRow)("is timm's Mixup in mode $mode: $mixes", (c) => {
    const batch = batchOf(4, golden.size, golden.labels);
    const [a, b, ...rest] = c.mixes.map(mixIn);
    const mixed = mixBatch(batch, c.mode === "pair" ? [a!, b!, b!, a!] : [a!, b!, ...rest], golden.classes);
    expect(largestDifference(mixed.images, c.images)).toBeLessThan(1e-4);
    expect(largestDifference(smoothed(mixed.targets, c.smoothing), c.targets)).toBeLessThan(1e-6);
  });

  test("a mixed row's view key is made of its own, its partner's and the mix's numbers", () => {
    const batch = { ...batchOf(4, [4, 4], [0, 1, 2, 3]), viewKeys: BigUint64Array.of(1n, 2n, 3n, 4n) };
    const keysOf = (mix: Mix | Mix[], viewKeys = batch.viewKeys) => [
      ...mixBatch({ ...batch, viewKeys }, mix, 4).viewKeys,
    ];
    const mixes: Mix[] = [
      { kind: "mixup", lambda: 0.3 },
      { kind: "mixup", lambda: 0.3000001 },
      { kind: "cutmix", lambda: 0.3, middle: [0.3, 0.3] },
      { kind: "cutmix", lambda: 0.3, middle: [0.3, 0.4] },
    ];
    const keys = [...mixes.flatMap((mix) => keysOf(mix)), 1n, 2n, 3n, 4n];
    expect(new Set(keys).size).toBe(20);
    expect(keysOf(mixes[0]!)).toEqual(keys.slice(0, 4));
    const otherPartner = keysOf(mixes[0]!, BigUint64Array.of(1n, 2n, 3n, 5n));
    expect(otherPartner.map((key, row) => key === keys[row])).toEqual([false, true, true, false]);
    expect(keysOf([{ kind: "none" }, mixes[0]!, mixes[1]!, { kind: "none" }])).toEqual([
      1n,
      keys[1],
      keys[6],
      4n,
    ]);
    expect(keysOf({ kind: "none" })).toEqual([1n, 2n, 3n, 4n]);
  });

  test("labels are those of the larger share", () => {
    const batch = batchOf(4, [6, 8], [3, 0, 4, 1]);
    expect([...mixBatch(batch, { kind: "mixup", lambda: 0.6 }, 5).labels]).toEqual([3, 0, 4, 1]);
    expect([...mixBatch(batch, { kind: "mixup", lambda: 0.4 }, 5).labels]).toEqual([1, 4, 0, 3]);
  });

  test("weighs a row by its labeled share, and gives it the classes of that share", () => {
    const batch = batchOf(4, [4, 4], [-1, 2, -1, -1]);
    const { labels, targets, labelWeights } = mixBatch(batch, { kind: "mixup", lambda: 0.75 }, 3);
    expect([...labels]).toEqual([-1, 2, -1, -1]);
    expect([...labelWeights!]).toEqual([0, 0.75, 0.25, 0]);
    expect([...targets]).toEqual([0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0]);
    // Weights of samples that are mixed again, and a label behind a weight of 0.
    const again = { ...batchOf(2, [4, 4], [0, 1]), labelWeights: Float32Array.of(0.5, 0) };
    const mixed = mixBatch(again, { kind: "mixup", lambda: 0.25 }, 2);
    expect([[...mixed.labels], [...mixed.labelWeights!], [...mixed.targets]]).toEqual([
      [-1, 0],
      [0.125, 0.375],
      [1, 0, 1, 0],
    ]);
    expect(mixBatch(batch, { kind: "none" }, 3).labelWeights).toEqual(Float32Array.of(0, 1, 0, 0));
    expect(
      mixBatch(batchOf(2, [4, 4], [0, 1]), { kind: "mixup", lambda: 0.5 }, 2).labelWeights,
    ).toBeUndefined();
    const wrong = { ...batchOf(2, [4, 4], [0, 1]), labelWeights: Float32Array.of(0.5, 2) };
    expect(() => mixBatch(wrong, { kind: "none" }, 2)).toThrow(
      "mixBatch: labelWeights must be in [0, 1], got 2 in row 1",
    );
  });

  test("leaves the middle row of an odd batch, and a batch that is not mixed, as they are", () => {
    const batch = batchOf(3, [4, 4], [0, 1, 2]);
    const half = { kind: "mixup", lambda: 0.5 } as const;
    expect(mixBatch(batch, half, 3).images.subarray(48, 96)).toEqual(batch.images.subarray(48, 96));
    const plain = mixBatch(batch, { kind: "none" }, 3);
    expect(plain.images).toBe(batch.images);
    expect([...plain.targets]).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1]);
  });

  test("mixes the teacher's images alike, at their own size", () => {
    const [small, large] = [batchOf(2, [4, 4], [0, 1]), batchOf(2, [8, 8], [0, 1])];
    const batch = { ...small, teacherImages: large.images, teacherShape: large.shape };
    for (const mix of [
      { kind: "mixup", lambda: 0.3 },
      { kind: "cutmix", lambda: 0.75, middle: [0.5, 0.25] },
    ] as const) {
      const mixed = mixBatch(batch, mix, 2);
      expect(mixed.images).toEqual(mixBatch(small, mix, 2).images);
      expect(mixed.teacherImages).toEqual(mixBatch(large, mix, 2).images);
    }
  });

  test("a row depends on nothing but itself and its partner", () => {
    const rowOf = (batch: Batch, row: number) => ({
      ...{ images: [...batch.images.subarray(48 * row, 48 * row + 48)], label: batch.labels[row] },
      ...{
        targets: [...batch.targets!.subarray(3 * row, 3 * row + 3)],
        weight: batch.labelWeights?.[row] ?? 1,
      },
    });
    const targets = Float32Array.of(0.7, 0.3, 0, 0.1, 0.2, 0.7, 0, 0, 1, 1, 0, 0, 0.6, 0.4, 0, 0.5, 0.5, 0);
    const batch = { ...batchOf(6, [4, 4], [0, 2, 2, 0, 0, 1]), targets };
    const pair = { ...batchOf(2, [4, 4], [2, 0]), targets: Float32Array.of(0.1, 0.2, 0.7, 0.6, 0.4, 0) };
    pair.images.set([...batch.images.subarray(48, 96), ...batch.images.subarray(192, 240)]);
    const mix: Mix = { kind: "mixup", lambda: 0.3 };
    for (const [own, partner] of [
      [1, 1],
      [1 / 3, 0.7],
      [0, 0.9],
    ] as const) {
      const weighed = { ...batch, labelWeights: Float32Array.of(1, own, 0, 0.1, partner, 1) };
      const alone = { ...pair, labelWeights: Float32Array.of(own, partner) };
      for (const mixes of [
        [{ kind: "none" }, { kind: "none" }],
        [mix, { kind: "none" }],
        [mix, mix],
      ] as [Mix, Mix][]) {
        const whole = mixBatch(weighed, [mix, mixes[0], mix, { kind: "none" }, mixes[1], mix], 3);
        const part = mixBatch(alone, mixes, 3);
        expect([rowOf(whole, 1), rowOf(whole, 4)]).toEqual([rowOf(part, 0), rowOf(part, 1)]);
      }
    }
  });

  test("refuses another number of mixes than rows", () => {
    const mixes: Mix[] = [{ kind: "none" }, { kind: "none" }];
    expect(() => mixBatch(batchOf(3, [2, 2], [0, 1, 2]), mixes, 3)).toThrow(
      "mixBatch: 3 rows need as many mixes, got 2",
    );
  });

  test("refuses CutMix of what is no image", () => {
    const batch = { ...batchOf(2, [2, 2], [0, 1]), shape: [2, 12] };
    expect(() => mixBatch(batch, { kind: "cutmix", lambda: 0.5, middle: [0, 0] }, 2)).toThrow(
      "mixBatch: CutMix needs images of shape [batch, height, width, channels], got [2,12]",
    );
  });
});

describe("mixOf", () => {
  const n = 4000;
  const keys = Array.from({ length: n }, (_, i) => sampleKey(3, 0, i));

  test("switches between the two, and mixes none where asked to", () => {
    const share = (kind: string, options = {}) =>
      keys.filter((key) => mixOf(options, key).kind === kind).length / n;
    const bound = 5 * Math.sqrt(1 / 4 / n); // 5 standard errors
    expect(Math.abs(share("cutmix") - 0.5)).toBeLessThan(bound);
    expect(Math.abs(share("cutmix", { switchProbability: 0.2 }) - 0.2)).toBeLessThan(bound);
    expect(Math.abs(share("none", { probability: 0.7 }) - 0.3)).toBeLessThan(bound);
    expect(share("mixup", { cutmixAlpha: 0 })).toBe(1);
    expect(share("cutmix", { mixupAlpha: 0 })).toBe(1);
    expect(share("none", { mixupAlpha: 0, cutmixAlpha: 0 })).toBe(1);
  });

  test.each([0.1, 0.8, 1, 3])("lambda has mean and variance of the beta distribution of %d", (alpha) => {
    const draws = keys.map((key) => beta(alpha, key));
    const mean = draws.reduce((sum, x) => sum + x, 0) / n;
    const squares = draws.map((x) => (x - 0.5) ** 2);
    const variance = squares.reduce((sum, x) => sum + x, 0) / n;
    const expected = 1 / (4 * (2 * alpha + 1));
    expect(Math.abs(mean - 0.5)).toBeLessThan(5 * Math.sqrt(expected / n));
    const spread = squares.reduce((sum, x) => sum + (x - variance) ** 2, 0) / n;
    expect(Math.abs(variance - expected)).toBeLessThan(5 * Math.sqrt(spread / n));
    expect(draws.every((x) => x >= 0 && x <= 1)).toBe(true);
  });

  test("stays a number for a tiny alpha", () => {
    expect(keys.every((key) => Number.isFinite(beta(1e-4, key)))).toBe(true);
  });

  test("refuses what is out of range", () => {
    expect(() => mixOf({ probability: 1.1 }, 1)).toThrow("mixOf: probability must be in [0, 1], got 1.1");
    expect(() => mixOf({ mixupAlpha: -1 }, 1)).toThrow(
      "mixOf: mixupAlpha must be a finite number >= 0, got -1",
    );
  });
});
