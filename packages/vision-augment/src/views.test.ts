import { sampleKey } from "sample-keys";
import { fixturesOf, floats, largestDifference, type Packed, parity } from "test-kit";
import { describe, expect, test } from "vitest";
import { defaultMargin, type RgbImage, resizeBilinear, viewOf } from "./index.ts";

/** Red grows to the right, green downwards: a view shows where it was cut. */
function ramp(size: number): RgbImage {
  const data = new Float32Array(size * size * 3);
  for (let i = 0; i < size * size; i++) data.set([i % size, Math.floor(i / size), 0], i * 3);
  return { data, width: size, height: size };
}

interface TrainingViews {
  readonly from: [height: number, width: number];
  readonly size: number;
  readonly margin: number;
  readonly draws: number;
  /** `[views, size, size, 3]`. */
  readonly views: Packed;
  /** How often TensorFlow drew each. */
  readonly counts: number[];
}

describe("viewOf", () => {
  test("for evaluation is the whole picture, resized", () => {
    const view = viewOf(ramp(12), { kind: "evaluation", size: 5 });
    expect(view.data).toEqual(resizeBilinear(ramp(12), 5, 5).data);
  });

  test("for training is a window of the enlarged picture, in half of the samples mirrored", () => {
    const [size, margin, samples] = [16, 4, 2000];
    const picture = ramp(size + margin);
    const corners = new Map<string, number>();
    let mirrored = 0;
    for (let sample = 0; sample < samples; sample++) {
      const { data } = viewOf(picture, { kind: "training", size, margin, key: sampleKey(1, 0, sample) });
      const isMirrored = data[0]! > data[3]!;
      mirrored += Number(isMirrored);
      const left = isMirrored ? data[(size - 1) * 3]! : data[0]!;
      const corner = `${left},${data[1]}`;
      corners.set(corner, (corners.get(corner) ?? 0) + 1);
    }
    expect(corners.size).toBe(25); // (margin + 1)² places
    const bound = 5 * Math.sqrt((samples / 25) * (24 / 25)); // 5 standard errors
    for (const count of corners.values()) expect(Math.abs(count - samples / 25)).toBeLessThan(bound);
    expect(Math.abs(mirrored - samples / 2)).toBeLessThan(5 * Math.sqrt(samples / 4));
  });

  // Resize, tf.image.random_crop, tf.image.random_flip_left_right of one picture, many times over.
  test("for training is one of the Keras example's views, each as often as there", () => {
    const { tensorflow, trainingViews } = fixturesOf(import.meta.url).json("resize.json") as {
      tensorflow: string;
      trainingViews: TrainingViews;
    };
    const { from, size, margin, draws, views, counts } = trainingViews;
    const [height, width] = from;
    const data = Uint8Array.from({ length: height * width * 3 }, (_, i) => (i * 131 + 17) % 256);
    const length = size * size * 3;
    const theirs = counts.map((_, i) => floats(views).subarray(i * length, (i + 1) * length));
    const ours = counts.map(() => 0);
    let error = 0;
    for (let sample = 0; sample < draws; sample++) {
      const key = sampleKey(1, 0, sample);
      const view = viewOf({ data, height, width }, { kind: "training", size, margin, key });
      const differences = theirs.map((other) => largestDifference(view.data, other));
      const nearest = differences.indexOf(Math.min(...differences));
      error = Math.max(error, differences[nearest]!);
      ours[nearest]! += 1;
    }
    expect(counts.length).toBe(2 * (margin + 1) ** 2);
    const share = 1 / counts.length;
    const standardError = Math.sqrt(draws * share * (1 - share));
    const unevenness = [...ours, ...counts].map((n) => Math.abs(n - draws * share) / standardError);
    const row = { reference: "TensorFlow", version: tensorflow, backend: "none" };
    parity({
      item: "viewOf in training: nearest of the 18 views that the example's resize, crop and flip make (absolute, on 0…255)",
      ...row,
      tolerance: 1e-4, // float32 roundings of values up to 255
      measured: error,
    });
    parity({
      item: `viewOf in training: how often each of the 18 views comes in ${draws} draws, ours and theirs (standard errors from even)`,
      ...row,
      tolerance: 5,
      measured: Math.max(...unevenness),
    });
  });

  test("is the same view at two sizes, up to a pixel of the smaller", () => {
    const picture = ramp(200);
    for (let sample = 0; sample < 50; sample++) {
      const key = sampleKey(3, 1, sample);
      const [small, large] = [32, 96].map((size) => viewOf(picture, { kind: "training", size, key }));
      const pixel = 200 / 32;
      for (const at of [0, 1]) {
        // Corners: the first pixel's center lies half a pixel inside
        expect(Math.abs(small!.data[at]! - large!.data[at]!)).toBeLessThan(2 * pixel);
      }
      expect(small!.data[0]! > small!.data[3]!).toBe(large!.data[0]! > large!.data[3]!);
    }
  });

  test("with no margin and no flip is the evaluation's view", () => {
    const picture = ramp(10);
    const whole = viewOf(picture, { kind: "evaluation", size: 8 }).data;
    const views = Array.from({ length: 8 }, (_, key) =>
      viewOf(picture, { kind: "training", size: 8, key, margin: 0 }),
    );
    expect(views.some(({ data }) => data.every((v, i) => v === whole[i]))).toBe(true);
  });

  test("has a margin of 20 at 224 and in proportion elsewhere", () => {
    expect([224, 112, 96, 48].map(defaultMargin)).toEqual([20, 10, 9, 4]);
  });

  test("refuses a negative margin", () => {
    expect(() => viewOf(ramp(4), { kind: "training", size: 4, key: 1, margin: -1 })).toThrow(
      "viewOf: margin must be an integer >= 0 or [height, width], got -1",
    );
  });
});
