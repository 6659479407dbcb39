import type * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { COUNT, OBJECT, optional, requireOptions } from "known-options";
import {
  ADAMW_SEMANTICS,
  AdamW,
  clipByGlobalNorm,
  constant,
  cosine,
  Lamb,
  Lion,
  layerDecay,
  ModelEma,
  type Schedule,
  type ScheduledOptions,
  scaledLearningRate,
  timmNoDecay,
  warmup,
} from "tfjs-optim";
import { batchesPerEpoch, type DataSource, type StepOptions } from "train-loop";
import { FEATURE_HINTS, type FeatureHints } from "../hints/feature-hints.ts";
import type { DistillerCompileArgs } from "../keras/distiller.ts";
import type { Distillation } from "../losses/distillation-loss.ts";
import { normalize } from "../models/preprocess.ts";
import type { DistillationOptions } from "../tasks/taught-task.ts";
import type { Recipe } from "./recipe.ts";
import { type LabelData, labelsOfRecipe } from "./recipe-labels.ts";
import { requireRecipe } from "./require-recipe.ts";

/** Options of {@link compileRecipe}. */
export interface CompileRecipeOptions {
  /** Number of transformer blocks; required if the recipe has layer-wise decay. */
  readonly depth?: number;
  /** Hints of the task: their biases do not decay where the model's do not. Default: none. */
  readonly hints?: FeatureHints;
  /** The data's labels; required if the recipe has class weights, or for several labels. Default: none of both. */
  readonly labels?: LabelData;
}

/** Step options of a recipe, for `fit`. */
export type RecipeStep = StepOptions;

/** Task options of a recipe. */
export interface RecipeTask extends Omit<DistillationOptions, "student" | "teacher"> {
  readonly labelSmoothing: number;
  readonly distillation: Distillation;
  readonly alpha: number;
}

/**
 * Creates a recipe's optimizer with its schedule, gradient clipping and moving average.
 *
 * @param source - Training data, whose batches determine the schedule's steps.
 * @returns New objects; the caller disposes of the optimizer and the average.
 * @throws RangeError for numbers out of range, or layer-wise decay without `depth`.
 *
 * @example
 * import { fit } from "train-loop";
 *
 * const { optimizer, ...step } = recipeStep(DEIT_RECIPE, student, source);
 * await fit(task, optimizer, source, { ...step, epochs: 5 });
 */
export function recipeStep(
  recipe: Recipe,
  model: tfl.LayersModel,
  source: DataSource,
  options: CompileRecipeOptions = {},
): RecipeStep {
  const checks = { depth: optional(COUNT), hints: optional(FEATURE_HINTS), labels: optional(OBJECT) };
  requireOptions("recipeStep", options, checks);
  requireRecipe(recipe);
  const { clipNorm, emaDecay, layerDecay: scale = 1 } = recipe;
  if (scale !== 1 && options.depth === undefined) {
    throw new RangeError(`recipeStep: a layerDecay of ${scale} needs the model's depth, got none`);
  }
  return {
    optimizer: recipeOptimizer(recipe, {
      learningRate: recipeSchedule(recipe, batchesPerEpoch(source)),
      ...(recipe.decays === "matrices" && { excludeFromDecay: spared(model, options.hints) }),
      ...(scale !== 1 && { learningRateScale: layerDecay({ decay: scale, depth: options.depth! }) }),
    }),
    ...(clipNorm !== undefined && { gradientTransform: clipByGlobalNorm(clipNorm) }),
    ...(emaDecay !== undefined && { ema: new ModelEma(model, { decay: emaDecay }) }),
  };
}

function recipeOptimizer(recipe: Recipe, scheduled: ScheduledOptions): tf.Optimizer {
  const { optimizer = "adamw", adamW = "torch", weightDecay } = recipe;
  const options = { ...scheduled, weightDecay };
  if (optimizer === "lamb") return new Lamb({ ...options, epsilon: 1e-8 }); // facebookresearch/deit's --opt-eps
  if (optimizer === "lion") return new Lion(options);
  return new AdamW({ ...ADAMW_SEMANTICS[adamW], ...options });
}

/** timm's rule, for the projections of hints too. */
function spared(model: tfl.LayersModel, hints: FeatureHints | undefined): (name: string) => boolean {
  const isSpared = timmNoDecay(model);
  const vectors = (hints?.variables ?? []).filter(({ rank }) => rank < 2);
  const biases = new Set(vectors.map(({ name }) => name));
  return (name) => isSpared(name) || biases.has(name);
}

/**
 * Returns a recipe's losses and preprocessing: options of `tokenDistillation` and `logitDistillation`.
 *
 * Class weights `"balanced"` are {@link balancedWeights} of the labels' counts; of several labels, with `bce`, each class's `posWeight` is the
 * ratio of those of the class and of all others, `without / with`.
 *
 * @param labels - The data's labels, for class weights and several labels.
 * @throws RangeError for numbers out of range, or class weights without `labels` or of no class there.
 *
 * @example
 * const task = tokenDistillation({ student, teacher, ...recipeTask(DEIT_RECIPE) });
 */
export function recipeTask(recipe: Recipe, labels?: LabelData): RecipeTask {
  requireRecipe(recipe);
  const { labelSmoothing, distillation, alpha, normalization } = recipe;
  return {
    labelSmoothing,
    distillation,
    alpha,
    ...labelsOfRecipe(recipe, labels),
    ...(normalization !== undefined && { preprocess: normalize(normalization) }),
  };
}

/**
 * Returns the arguments of `compile`: {@link recipeStep} and {@link recipeTask}, for the `Distiller` of a model with two
 * outputs, or, without distillation, for the `Classifier` of a model with one.
 *
 * A recipe's `hints` need the option `hints`; {@link recipeHints} gives its options.
 * The rest of a recipe is for the model (`dropPathRate`), `mixedSource` (`mixing`), the data (`images`) and `fitDataset`
 * (`epochs`).
 *
 * @example
 * const recipe = { ...DEIT_RECIPE, epochs: 20, batchSize: source.batchSize };
 * distiller.compile(compileRecipe(recipe, student, source));
 * await distiller.fitDataset(source, { epochs: recipe.epochs });
 */
export function compileRecipe(
  recipe: Recipe,
  model: tfl.LayersModel,
  source: DataSource,
  options: CompileRecipeOptions = {},
): DistillerCompileArgs {
  if (recipe?.hints !== undefined && options.hints === undefined) {
    throw new RangeError(
      "compileRecipe: a recipe with hints needs the option hints, a FeatureHints of its recipeHints, got none",
    );
  }
  const step = recipeStep(recipe, model, source, options);
  const { distillation, alpha, ...task } = recipeTask(recipe, options.labels);
  const { hints } = options;
  return {
    ...step,
    ...task,
    ...(hints && { hints }),
    ...(model.outputs.length > 1 && { distillation, alpha }),
  };
}

/** Returns a recipe's learning-rate schedule. Warm-up leaves at least one step to the main schedule. */
export function recipeSchedule(recipe: Recipe, stepsPerEpoch: number): Schedule {
  requireRecipe(recipe);
  requireOptions("recipeSchedule", { stepsPerEpoch }, { stepsPerEpoch: COUNT });
  const { schedule, learningRatePer, batchSize, minLearningRate: min = 0, warmup: rise } = recipe;
  const base =
    learningRatePer === undefined
      ? recipe.learningRate
      : scaledLearningRate(recipe.learningRate, batchSize, learningRatePer);
  const totalSteps = recipe.epochs * stepsPerEpoch;
  const wanted = rise?.steps ?? Math.round((rise?.epochs ?? 0) * stepsPerEpoch);
  const steps = Math.min(wanted, totalSteps - 1);
  const { from = base / Math.max(1, steps), mode = "delays" } = rise ?? {};
  if (schedule === "constant") return warmup(constant(base), { steps, from, mode });
  if (rise?.from === undefined && mode === "delays")
    return cosine({ base, min, totalSteps, warmupSteps: steps });
  const cosineSteps = mode === "delays" ? totalSteps - steps : totalSteps;
  return warmup(cosine({ base, min, totalSteps: cosineSteps }), { steps, from, mode });
}
