import { availableParallelism } from "node:os";
import { expect, test } from "vitest";
import { settingsOf } from "../../test/workspace.ts";
import { microBatchSizeOf, replicasOf } from "./pace.ts";

test("the defaults follow from the backend", () => {
  const open = settingsOf({ preset: "keras" }).run;
  expect(["wasm", "cpu", "tensorflow", "webgpu"].map((backend) => microBatchSizeOf(open, backend))).toEqual([
    4, 4, 32, 32,
  ]);
  expect(["tensorflow", "webgpu"].map((backend) => replicasOf(open, backend))).toEqual([1, 1]);
  expect(replicasOf(open, "wasm")).toBe(Math.min(availableParallelism(), 4));
});

test("given numbers hold on every backend", () => {
  const said = settingsOf({ preset: "keras", microBatchSize: 7, replicas: 3 }).run;
  for (const backend of ["wasm", "tensorflow"])
    expect([microBatchSizeOf(said, backend), replicasOf(said, backend)]).toEqual([7, 3]);
});
