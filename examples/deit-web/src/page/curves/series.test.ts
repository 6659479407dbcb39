import { expect, test } from "vitest";
import type { Curves } from "../../session/types.ts";
import { seriesOf, ticks } from "./series.ts";

const step = (role: "teacher" | "student", at: number, loss: number) => ({
  role,
  step: at,
  loss,
  accuracy: 0.5,
});

test("there is a line for each model that has learned, the teacher first", () => {
  const curves: Curves = {
    steps: [step("student", 1, 3), step("teacher", 1, 2), step("teacher", 2, 1)],
    epochs: [{ role: "teacher", epoch: 1, step: 2, loss: 1.5, accuracy: 0.5, heldOutLoss: 1.7 }],
  };
  const [teacher, student, ...others] = seriesOf(curves, "loss");
  expect(others).toEqual([]);
  expect(teacher).toMatchObject({
    role: "teacher",
    raw: [
      [1, 2],
      [2, 1],
    ],
    heldOut: [[2, 1.7]],
  });
  expect(student).toMatchObject({ role: "student", raw: [[1, 3]], smooth: [[1, 3]], heldOut: [] });
  expect(seriesOf(curves, "accuracy")[0]!.heldOut).toEqual([]); // none was measured
});

test("thousands of steps become a few hundred points, with the same mean", () => {
  const steps = Array.from({ length: 5000 }, (_, i) => step("student", i + 1, i % 2));
  const [{ raw, smooth }] = seriesOf({ steps, epochs: [] }, "loss") as [ReturnType<typeof seriesOf>[0]];
  expect(raw.length).toBeLessThanOrEqual(240);
  for (const [, value] of raw.slice(0, -1)) expect(value).toBeCloseTo(0.5, 1);
  expect(smooth.at(-1)![1]).toBeCloseTo(0.5, 1);
});

test("ticks are round and reach the top", () => {
  expect(ticks(1, 4)).toEqual([0, 0.5, 1]);
  expect(ticks(168, 4)).toEqual([0, 50, 100, 150]);
  expect(ticks(5.6, 4)).toEqual([0, 2, 4]);
  expect(ticks(0, 4)).toEqual([0]);
  expect(ticks(Number.NaN, 4)).toEqual([0]);
});
