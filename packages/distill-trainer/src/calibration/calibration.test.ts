import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { calibrate, calibrationError, fitTemperature, negativeLogLikelihood, reliability } from "../index.ts";

const golden = JSON.parse(
  readFileSync(new URL("../../fixtures/after-training.json", import.meta.url), "utf8"),
);
const { classes, labels, temperature, nll, ece } = golden;
const labeled = { logits: Float32Array.from(golden.logits), labels, classes };
/** A share of right answers, all with the same odds. */
const odds = (right: number, of: number, margin: number) => ({
  logits: Array.from({ length: of }, () => [margin, 0]).flat(),
  labels: Array.from({ length: of }, (_, i) => (i < right ? 0 : 1)),
  classes: 2,
});

describe("against scipy and torchmetrics", () => {
  test("likelihood and temperature are scipy's", () => {
    for (const [at, expected] of [
      [1, nll.before],
      [temperature, nll.after],
    ])
      expect(negativeLogLikelihood(labeled, { temperature: at })).toBeCloseTo(expected, 12);
    const fitted = fitTemperature(labeled);
    expect(fitted / temperature).toBeCloseTo(1, 7); // a minimum is flat: scipy finds its place to the root of the last digit
    for (const beside of [0.999, 1.001])
      expect(negativeLogLikelihood(labeled, { temperature: fitted * beside })).toBeGreaterThan(
        negativeLogLikelihood(labeled, { temperature: fitted }),
      );
  });

  test("the calibration error is torchmetrics'", () => {
    for (const [at, expected] of [
      [1, ece.before],
      [temperature, ece.after],
      [2.5, ece.hot],
    ])
      expect(calibrationError(labeled, { temperature: at })).toBeCloseTo(expected, 7);
  });
});

describe("a temperature", () => {
  test("turns odds into the share that is right", () => {
    // 3 of 4 are right: odds of 3 to 1, wherever the logits were.
    for (const margin of [0.01, 4, 300])
      expect(fitTemperature(odds(3, 4, margin)) * Math.log(3)).toBeCloseTo(margin, 10);
  });

  test("is refused where none is best", () => {
    expect(() => fitTemperature(odds(4, 4, 2))).toThrow(
      "fitTemperature: no temperature in [0.001, 1000] is best: the highest logit is that of the label in all 4 rows, or nearly",
    );
    expect(() => fitTemperature(odds(1, 4, 2))).toThrow("the logits say less than chance of the labels");
  });

  test("is refused for rows that do not fit, by name", () => {
    const { logits } = odds(3, 4, 1);
    const of = (labels: number[], more: object = {}) => ({ logits, labels, classes: 2, ...more });
    expect(() => fitTemperature(of([0, 1]))).toThrow(
      "fitTemperature: logits must be [samples, 2], got 8 numbers and 2 labels",
    );
    expect(() => calibrationError(of([0, 1, 2, 0]))).toThrow(
      "calibrationError: labels must be integers in [0, 2)",
    );
    expect(() => reliability(of([0, 1, 0, 0]), { bins: 0 })).toThrow(
      "reliability: bins must be an integer >= 1",
    );
    expect(() => calibrate(of([0, 1, 0, 0], { logits: [1, 2, 3, 4, 5, 6, 7, Number.NaN] }))).toThrow(
      "calibrate: logits must be finite, got NaN at 7",
    );
    expect(() => negativeLogLikelihood(of([0, 0, 0, 0]), { temperature: 0 })).toThrow("temperature must be");
  });
});

describe("bins", () => {
  test("are open below and closed above: 0.5 is in the first of two, 1 in the last", () => {
    const logits = [0, 0, 1000, 0]; // confidences 0.5 and 1
    const bins = reliability({ logits, labels: [1, 0], classes: 2 }, { bins: 2 });
    expect(bins).toEqual([
      { from: 0, to: 0.5, count: 1, confidence: 0.5, accuracy: 0 },
      { from: 0.5, to: 1, count: 1, confidence: 1, accuracy: 1 },
    ]);
    expect(calibrationError({ logits, labels: [1, 0], classes: 2 }, { bins: 2 })).toBe(0.25);
  });
});

test("calibrate judges each half at the other half's temperature", () => {
  const { temperature: fitted, before, after } = calibrate(labeled, { seed: 1 });
  expect(fitted).toBe(fitTemperature(labeled));
  expect(before.nll).toBeCloseTo(nll.before, 12);
  expect(before.ece).toBeCloseTo(ece.before, 7);
  // Honest: worse than the minimum that has seen all labels, better than before.
  expect(after.nll).toBeGreaterThan(nll.after);
  expect(after.nll).toBeLessThan(nll.before);
  expect(calibrate(labeled, { seed: 1 })).toEqual(calibrate(labeled, { seed: 1 }));
  expect(calibrate(labeled, { seed: 2 }).after).not.toEqual(after);
  // Halves have the same share of each class: with 6 and 2 of 8 each half is 3 of 4.
  const halves = calibrate(odds(6, 8, 4));
  expect(halves.after.nll).toBeCloseTo(Math.log(4) - 0.75 * Math.log(3), 10);
  expect(halves.after.ece).toBeCloseTo(0, 10);
});
