import { MULTI_LABEL, SampleStore } from "image-source";
import { expect, test } from "vitest";
import { UsageError } from "../process/usage-error.ts";
import { requireOneLabel } from "./require-labels.ts";

test("pictures with several labels are refused where figures are of one class a picture", () => {
  const parts = {
    classNames: ["a", "b"],
    keys: ["x"],
    bytes: new SharedArrayBuffer(3),
    spans: Float64Array.of(0, 3),
    encoding: { kind: "rgb", width: 1, height: 1 },
  } as const;
  const several = new SampleStore({
    ...parts,
    labels: Int32Array.of(MULTI_LABEL),
    multiHot: Uint8Array.of(1, 1),
  });
  expect(() => requireOneLabel("train", several)).toThrow(UsageError);
  expect(() => requireOneLabel("train", several)).toThrow("train: expected pictures with one class each");
  expect(() =>
    requireOneLabel("train", new SampleStore({ ...parts, labels: Int32Array.of(1) })),
  ).not.toThrow();
});
