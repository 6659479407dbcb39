import * as tf from "@tensorflow/tfjs-core";
import { startBackend } from "tfjs-backends";
import { KeyedInitializer } from "vit-blocks";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createModel, type PublishedModel } from "./index.ts";
import { modelWeights } from "./model-weights.ts";
import { fixture } from "./testing.ts";

type Table = Readonly<Record<PublishedModel, Readonly<Record<string, number[]>>>>;
const published: Table = JSON.parse(new TextDecoder().decode(fixture("published-names.json")));

beforeAll(async () => {
  await startBackend("cpu");
  // names and shapes are asked for: 350 million random numbers are not needed
  vi.spyOn(KeyedInitializer.prototype, "apply").mockImplementation((shape) => tf.zeros(shape as number[]));
});
afterAll(() => {
  vi.restoreAllMocks();
});

test.each(Object.keys(published) as PublishedModel[])("%s has timm's names and shapes", (name) => {
  const model = createModel(name);
  const ours = [...modelWeights("test", model).values()].map(({ key, torchShape }) => [key, torchShape]);
  expect(Object.fromEntries(ours)).toEqual(published[name]);
  expect(model.outputNames).toHaveLength(name.includes("distilled") ? 2 : 1);
  model.dispose();
});

test("a change is a change of the published config", () => {
  const model = createModel("deit_tiny_distilled_patch16_224", { classes: 5, imageSize: 32 });
  expect(model.outputs.map(({ shape }) => shape)).toEqual([
    [null, 5],
    [null, 5],
  ]);
  expect(model.inputs[0]!.shape).toEqual([null, 32, 32, 3]);
  model.dispose();
});

test.each(["deit_huge", "toString"])("%s is no published model", (name) => {
  expect(() => createModel(name as PublishedModel)).toThrow(/createModel: expected one of deit_tiny.*, got/);
});
