import { expect, test } from "vitest";
import golden from "../../fixtures/label-losses.json" with { type: "json" };
import { averagePrecision, balancedWeights, multiLabelMetrics } from "../index.ts";

const { metrics, classes, balanced } = golden;

test("balanced weights are scikit-learn's compute_class_weight", () => {
  balancedWeights(balanced.labels).forEach((weight, label) => {
    expect(weight).toBeCloseTo(balanced.weights[label]!, 12);
  });
  expect(() => balancedWeights([3, 0])).toThrow(
    "balancedWeights: counts must be integers >= 1, got 0 at counts[1]",
  );
});

test("mAP, macro recall, macro F1, accuracy and precisions are scikit-learn's, with ties", () => {
  const ours = multiLabelMetrics(metrics.truth, metrics.scores, classes);
  expect(ours.map).toBeCloseTo(metrics.map, 12);
  expect(ours.recall).toBeCloseTo(metrics.recall, 12);
  expect(ours.f1).toBeCloseTo(metrics.f1, 12);
  expect(ours.accuracy).toBeCloseTo(metrics.accuracy, 12);
  ours.classes.forEach((one, label) => {
    expect(one.averagePrecision).toBeCloseTo(metrics.averagePrecision[label]!, 12);
    expect(one.precision).toBeCloseTo(metrics.precision[label]!, 12);
  });
});

test("average precision of a class that no sample has is 0, as scikit-learn's, and NaN is refused", () => {
  expect(averagePrecision([0, 0], [0.2, 0.4])).toBe(0);
  expect(averagePrecision([1, 1], [Infinity, Infinity])).toBe(1);
  expect(() => averagePrecision([0, 1], [0.2, NaN])).toThrow(
    "averagePrecision: scores must be numbers, got NaN at scores[1]",
  );
  expect(() => averagePrecision([0, 1], [0.2])).toThrow(
    "averagePrecision: expected a score for each of 2 samples, got 1",
  );
  expect(() => multiLabelMetrics([1, 0, 1], [1, 0, 1], 2)).toThrow(
    "multiLabelMetrics: expected [samples, 2] numbers of both, got 3 and 3",
  );
});
