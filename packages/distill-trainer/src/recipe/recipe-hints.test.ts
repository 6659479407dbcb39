import * as tf from "@tensorflow/tfjs-core";
import { startBackend } from "tfjs-backends";
import type { AdamW } from "tfjs-optim";
import { beforeAll, describe, expect, test } from "vitest";
import { bitTeacher, CLASSES, stripes, studentOf } from "../hints/test-data.ts";
import {
  compileRecipe,
  FeatureHints,
  type FeatureStatistics,
  KERAS_RECIPE,
  type Recipe,
  recipeHints,
  recipeStep,
} from "../index.ts";

beforeAll(() => startBackend("cpu"));

const recipe: Recipe = { ...KERAS_RECIPE, epochs: 4, batchSize: 4, decays: "matrices" };
const stages = "stages.0.blocks.0.add";

describe("recipeHints", () => {
  test("are the layers that the teacher suggests, for all steps", async () => {
    expect(await recipeHints(recipe, bitTeacher(), stripes())).toBeUndefined();
    expect(await recipeHints({ ...recipe, hints: {} }, bitTeacher(), stripes(), { seed: 7 })).toEqual({
      pairs: [
        { teacher: "norm.act", whitening: "layer" },
        { teacher: stages, whitening: "layer" },
      ],
      schedule: "constant",
      seed: 7,
    });
  });

  test("end after their share of the run's steps; a cosine reaches 0 there", async () => {
    const pairs = [{ teacher: stages, student: "blocks.0" }];
    const hints = { pairs, weight: 1, loss: "cosine", whitening: "none", share: 0.25 } as const;
    const options = await recipeHints({ ...recipe, hints }, bitTeacher(), stripes());
    expect(options).toEqual({
      pairs: [{ ...pairs[0], weight: 1, loss: "cosine", whitening: "none" }],
      ...{ schedule: "constant", steps: 3 },
    });
    const cosine = await recipeHints({ ...recipe, hints: { schedule: "cosine" } }, bitTeacher(), stripes());
    expect(cosine!.steps).toBe(12);
  });

  test("have the statistics of each layer for whitening by channel", async () => {
    const options = await recipeHints(
      { ...recipe, hints: { whitening: "channels" } },
      bitTeacher(),
      stripes(),
    );
    const channels = options!.pairs!.map(({ whitening }) => (whitening as FeatureStatistics).mean.length);
    expect(channels).toEqual([32, 16]);
  });

  test.each<[object, string]>([
    [{ weihgt: 1 }, "recipe: hints: unknown option 'weihgt'; did you mean 'weight'?"],
    [{ share: 0 }, "recipe: hints: share must be in (0, 1], got 0"],
    [{ whitening: "batch" }, 'recipe: hints: whitening must be "layer" or "channels" or "none"'],
    [{ pairs: [{ teacher: 1 }] }, "recipe: hints: pairs[0]: teacher must be a string, got 1"],
  ])("refuses %j", async (hints, message) => {
    const made = recipeHints({ ...recipe, hints }, bitTeacher(), stripes());
    await expect(made).rejects.toThrow(message.split('"layer"')[0]!);
  });

  test("need layers from a teacher that suggests none", async () => {
    const { layers, ...teacher } = bitTeacher();
    const { suggested: _, ...rest } = layers;
    const made = recipeHints({ ...recipe, hints: {} }, { ...teacher, layers: rest }, stripes());
    await expect(made).rejects.toThrow(
      "recipeHints: pairs must name layers of this teacher, which suggests none",
    );
  });
});

test("the projections' biases do not decay where the model's do not, their kernels do", async () => {
  const student = studentOf();
  const hints = new FeatureHints({ student, teacher: bitTeacher() });
  const { optimizer } = recipeStep(recipe, student, stripes(), { hints });
  const decays = hints.variables.map(({ name }) => (optimizer as AdamW).treatmentOf(name).decays);
  expect(decays).toEqual([true, false, true, false]);
  hints.dispose();
});

test("compileRecipe takes the hints of a recipe that has some, and refuses to leave them out", () => {
  const student = studentOf();
  const hints = new FeatureHints({ student, teacher: bitTeacher() });
  const before = tf.memory().numTensors;
  expect(compileRecipe({ ...recipe, hints: {} }, student, stripes(), { hints }).hints).toBe(hints);
  expect(() => compileRecipe({ ...recipe, hints: {} }, student, stripes())).toThrow(
    "compileRecipe: a recipe with hints needs the option hints, a FeatureHints of its recipeHints, got none",
  );
  expect(tf.memory().numTensors).toBe(before);
  expect(student.outputs[0]!.shape[1]).toBe(CLASSES);
  hints.dispose();
});
