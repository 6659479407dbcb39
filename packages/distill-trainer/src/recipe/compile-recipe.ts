import type * as tfl from "@tensorflow/tfjs-layers";
import { COUNT, optional, requireOptions } from "known-options";
import {
  ADAMW_SEMANTICS,
  AdamW,
  clipByGlobalNorm,
  constant,
  cosine,
  layerDecay,
  type Schedule,
  scaledLearningRate,
  timmNoDecay,
  WeightAverage,
  warmup,
} from "tfjs-optim";
import { batchesPerEpoch, type DataSource } from "../data-source.ts";
import type { DistillerCompileArgs } from "../distiller.ts";
import { normalise } from "../preprocess.ts";
import { requireCount } from "../require-count.ts";
import type { Recipe } from "./recipe.ts";
import { requireRecipe } from "./require-recipe.ts";

/** Options of {@link compileRecipe}. */
export interface CompileRecipeOptions {
  /** Transformer blocks of the model; needed where the recipe has layer-wise decay. */
  readonly depth?: number;
}

/**
 * What `compile` takes, as a recipe says: optimizer with its schedule, clipping, average, losses, preprocessing. For the `Distiller`
 * of a model with two outputs, or for the `Classifier` of one with one: without the distillation then.
 *
 * Of the rest, `dropPath` goes to the model, `mixing` to `mixedSource`, `images` to the data's source, `epochs` to `fitDataset`.
 *
 * @param source - What will be trained on: its batches count the schedule's steps.
 * @returns New ones each time; the optimizer and the average are the caller's to dispose.
 * @throws RangeError for numbers out of range, or layer-wise decay without `depth`.
 *
 * @example
 * const recipe = { ...DEIT_RECIPE, epochs: 100, batchSize: 256 };
 * distiller.compile(compileRecipe(recipe, student, source));
 * await distiller.fitDataset(source, { epochs: recipe.epochs });
 */
export function compileRecipe(
  recipe: Recipe,
  model: tfl.LayersModel,
  source: DataSource,
  options: CompileRecipeOptions = {},
): DistillerCompileArgs {
  requireOptions("compileRecipe", options, { depth: optional(COUNT) });
  requireRecipe(recipe);
  const { labelSmoothing, distillation, alpha, clipNorm, averageDecay, normalisation } = recipe;
  const scale = recipe.layerDecay ?? 1;
  if (scale !== 1 && options.depth === undefined) {
    throw new RangeError(`compileRecipe: a layerDecay of ${scale} needs the model's depth, got none`);
  }
  return {
    optimizer: new AdamW({
      ...ADAMW_SEMANTICS[recipe.adamW],
      learningRate: recipeSchedule(recipe, batchesPerEpoch(source)),
      weightDecay: recipe.weightDecay,
      ...(recipe.decays === "matrices" && { excludeFromDecay: timmNoDecay(model) }),
      ...(scale !== 1 && { learningRateScale: layerDecay({ decay: scale, depth: options.depth! }) }),
    }),
    ...(clipNorm !== undefined && { gradientTransform: clipByGlobalNorm(clipNorm) }),
    ...(averageDecay !== undefined && { average: new WeightAverage(model, { decay: averageDecay }) }),
    ...(normalisation !== undefined && { preprocess: normalise(normalisation) }),
    labelSmoothing,
    ...(model.outputs.length > 1 && { distillation, alpha }),
  };
}

/** A recipe's learning rate by optimizer step. A warm-up leaves at least one step to the schedule proper. */
export function recipeSchedule(recipe: Recipe, stepsPerEpoch: number): Schedule {
  requireRecipe(recipe);
  requireCount("stepsPerEpoch", stepsPerEpoch, "recipeSchedule");
  const { schedule, learningRatePer, batchSize, minLearningRate: min = 0, warmup: rise } = recipe;
  const base =
    learningRatePer === undefined
      ? recipe.learningRate
      : scaledLearningRate(recipe.learningRate, batchSize, learningRatePer);
  const totalSteps = recipe.epochs * stepsPerEpoch;
  const wanted = rise === undefined ? 0 : stepsOf(rise.length, stepsPerEpoch);
  const steps = Math.min(wanted, totalSteps - 1);
  const { from = base / Math.max(1, steps), mode = "delays" } = rise ?? {};
  if (schedule === "constant") return warmup(constant(base), { steps, from, mode });
  if (rise?.from === undefined && mode === "delays")
    return cosine({ base, min, totalSteps, warmupSteps: steps });
  const cosineSteps = mode === "delays" ? totalSteps - steps : totalSteps;
  return warmup(cosine({ base, min, totalSteps: cosineSteps }), { steps, from, mode });
}

function stepsOf(length: { readonly epochs: number } | { readonly steps: number }, perEpoch: number): number {
  return "steps" in length ? length.steps : Math.round(length.epochs * perEpoch);
}
