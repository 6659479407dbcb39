import * as tf from "@tensorflow/tfjs-core";
import { modelWeights, shapeIn } from "named-weights";
import { fixturesOf } from "test-kit";
import { startBackend } from "tfjs-backends";
import { KeyedInitializer } from "vit-blocks";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import {
  createModel,
  deit3Base,
  deit3Base384,
  deit3Medium,
  deit3Small,
  deit3Small384,
  deitBase,
  deitBase384,
  deitBaseDistilled,
  deitBaseDistilled384,
  deitSmall,
  deitSmallDistilled,
  deitTiny,
  deitTinyDistilled,
  type PublishedModel,
  timmName,
  vitSmallReg4,
} from "./index.ts";

type Table = Readonly<Record<PublishedModel, Readonly<Record<string, number[]>>>>;
const published: Table = fixturesOf(import.meta.url).json("published-names.json");

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
  const ours = [...modelWeights("test", model, timmName)].map(([key, variable]) => [
    key,
    shapeIn("torch", variable.shape as number[]),
  ]);
  expect(Object.fromEntries(ours)).toEqual(published[name]);
  expect(model.outputNames).toHaveLength(name.includes("distilled") ? 2 : 1);
  model.dispose();
});

test.each([
  ["deit_tiny_patch16_224", deitTiny],
  ["deit_small_patch16_224", deitSmall],
  ["deit_base_patch16_224", deitBase],
  ["deit_base_patch16_384", deitBase384],
  ["deit_tiny_distilled_patch16_224", deitTinyDistilled],
  ["deit_small_distilled_patch16_224", deitSmallDistilled],
  ["deit_base_distilled_patch16_224", deitBaseDistilled],
  ["deit_base_distilled_patch16_384", deitBaseDistilled384],
  ["deit3_small_patch16_224", deit3Small],
  ["deit3_small_patch16_384", deit3Small384],
  ["deit3_medium_patch16_224", deit3Medium],
  ["deit3_base_patch16_224", deit3Base],
  ["deit3_base_patch16_384", deit3Base384],
  ["vit_small_patch14_reg4_dinov2", vitSmallReg4],
] as const)("%s has a function of its own", (name, preset) => {
  const [short, long] = [preset({ classes: 3, depth: 1 }), createModel(name, { classes: 3, depth: 1 })];
  const shapes = (model: typeof short) =>
    [...modelWeights("test", model, timmName)].map(([key, variable]) => [
      key,
      shapeIn("torch", variable.shape as number[]),
    ]);
  expect(shapes(short)).toEqual(shapes(long));
  expect(short.inputs[0]!.shape).toEqual(long.inputs[0]!.shape);
  for (const model of [short, long]) model.dispose();
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
