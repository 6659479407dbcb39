import { DEIT_RECIPE, FINETUNE_RECIPE, KERAS_RECIPE, type Recipe, recipeSchedule } from "distill-trainer";
import { describe, expect, test } from "vitest";
import { studentRecipe } from "./recipe-settings.ts";
import { resolveSettings } from "./resolve-settings.ts";

/** tf_flowers' steps in an epoch. */
const stepsOf = (batchSize: number) => Math.ceil(3303 / batchSize);

describe.each([
  ["keras", KERAS_RECIPE, {}],
  ["deit", DEIT_RECIPE, {}],
  ["finetune", FINETUNE_RECIPE, { weights: "x.safetensors" }],
] as [string, Recipe, object][])("the preset %s", (preset, recipe, options) => {
  const settings = resolveSettings({ preset, ...options });
  const own = studentRecipe(settings);

  test("is the recipe of that name", () => {
    // The warm-up is compared by what it gives; the average is the program's own, with a warm-up.
    const { warmup: _, emaDecay, layerDecay = 1, minLearningRate = 0, ...rest } = recipe;
    expect(own).toMatchObject({ ...rest, layerDecay, minLearningRate });
    expect(settings.emaDecay).toBe(emaDecay ?? 0);
    expect(own.mixing === undefined).toBe(recipe.mixing === undefined);
    expect(own.clipNorm).toBe(recipe.clipNorm);
    expect(own.normalization).toEqual(recipe.normalization);
    expect(own.images).toEqual(recipe.images);
  });

  test("has its learning rates on tf_flowers", () => {
    const [mine, its] = [own, recipe].map((one) => recipeSchedule(one, stepsOf(recipe.batchSize)));
    const last = recipe.epochs * stepsOf(recipe.batchSize);
    for (const step of [0, 1, 19, 20, 49, 50, 51, last >> 1, last - 1]) expect(mine!(step)).toBe(its!(step));
  });
});

test("soft distillation has its temperature, and Keras' optimizers make all variables decay", () => {
  const soft = resolveSettings({ preset: "tiny", distillation: "soft", temperature: 3, adamW: "keras" });
  expect(studentRecipe(soft)).toMatchObject({
    distillation: { kind: "soft", temperature: 3 },
    decays: "all",
  });
});
