import { expect, test } from "vitest";
import { accuracyOf, classFigures, confusionMatrix, macroRecall, worstMistakes } from "./judgement.ts";

const predictions = {
  labels: [0, 0, 1, 2, 1],
  probabilities: [
    [0.8, 0.1, 0.1],
    [0.1, 0.6, 0.3],
    [0.2, 0.5, 0.3],
    [0.05, 0.9, 0.05],
    [0.4, 0.4, 0.2], // a tie is the first class's
  ].map((row) => Float32Array.from(row)),
};

test("counts, accuracy, recall and precision are those of the likeliest classes", () => {
  const matrix = confusionMatrix(predictions, 4);
  expect(matrix).toEqual([
    [1, 1, 0, 0],
    [1, 1, 0, 0],
    [0, 1, 0, 0],
    [0, 0, 0, 0],
  ]);
  expect(accuracyOf(matrix)).toBe(2 / 5);
  expect(macroRecall(matrix)).toBe(1 / 3); // of the three classes with pictures, as scikit-learn's balanced_accuracy_score
  expect(classFigures(matrix)).toEqual([
    { count: 2, recall: 1 / 2, precision: 1 / 2 },
    { count: 2, recall: 1 / 2, precision: 1 / 3 },
    { count: 1, recall: 0, precision: Number.NaN },
    { count: 0, recall: Number.NaN, precision: Number.NaN },
  ]);
});

test("the worst mistakes are the surest ones", () => {
  const [first, second, ...others] = worstMistakes(predictions, 2);
  expect(first).toMatchObject({ index: 3, label: 2, predicted: 1, probability: expect.closeTo(0.9, 6) });
  expect(second).toMatchObject({ index: 1, label: 0, predicted: 1 });
  expect(others).toEqual([]);
});
