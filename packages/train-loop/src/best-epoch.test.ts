import { expect, test } from "vitest";
import { bestEpoch } from "./index.ts";

test.each([
  ["max", [0.5, 0.75, 0.25, 0.75], 1], // of equal ones the earliest
  ["min", [0.5, 0.75, 0.25, 0.25], 2],
  ["max", [Number.NaN, 0.1, 0.2], 2],
  ["max", [Number.NaN], undefined],
  ["max", [], undefined],
] as const)("the epoch with the %s of %j is %j", (mode, values, expected) => {
  expect(bestEpoch({ val_accuracy: values }, { monitor: "val_accuracy", mode })).toBe(expected);
});

test("there is none without the log, and a mode that does not exist is refused", () => {
  expect(bestEpoch({ loss: [1] }, { monitor: "val_loss", mode: "min" })).toBeUndefined();
  expect(() => bestEpoch({}, { monitor: "loss", mode: "least" as "min" })).toThrow(
    'bestEpoch: mode must be "max" or "min"',
  );
});
