import {
  atLeast,
  type Checks,
  COUNT,
  check,
  FRACTION,
  integerFrom,
  LIST,
  OBJECT,
  oneOf,
  optional,
  POSITIVE,
  RATE,
  requireOptions,
  STRING,
} from "known-options";
import { MIX_CHECKS, requireAugmentation, requireCenterCrop } from "vision-augment";
import { requireDistillation } from "../losses/distillation-loss.ts";
import { FEATURE_LOSS } from "../losses/feature-loss.ts";
import { requireLabelLoss } from "../losses/label-loss.ts";
import { normalize } from "../models/preprocess.ts";
import type { ClassWeight, Recipe, RecipeHints, RecipeImages, RecipeWarmup } from "./recipe.ts";

const CHECKS: Checks<Recipe> = {
  epochs: COUNT,
  batchSize: COUNT,
  optimizer: optional(oneOf("adamw", "lamb", "lion")),
  adamW: optional(oneOf("tfa", "keras", "torch")),
  learningRate: atLeast(0),
  learningRatePer: optional(POSITIVE),
  schedule: oneOf("constant", "cosine"),
  minLearningRate: optional(atLeast(0)),
  warmup: optional(OBJECT),
  weightDecay: atLeast(0),
  decays: oneOf("all", "matrices"),
  layerDecay: optional(check("in (0, 1]", (value) => Number(value) > 0 && FRACTION.fits(value))),
  clipNorm: optional(POSITIVE),
  emaDecay: optional(FRACTION),
  labelSmoothing: RATE,
  loss: optional(OBJECT),
  classWeights: optional(check('"balanced" or a list of classes { name, weight }', isWeights)),
  dropPathRate: RATE,
  distillation: OBJECT,
  alpha: FRACTION,
  hints: optional(OBJECT),
  mixing: optional(OBJECT),
  images: OBJECT,
  normalization: optional(OBJECT),
};

const WARMUP_CHECKS: Checks<RecipeWarmup> = {
  epochs: optional(atLeast(0)),
  steps: optional(integerFrom(0)),
  from: optional(atLeast(0)),
  mode: optional(oneOf("delays", "replaces")),
};

const IMAGES_CHECKS: Checks<RecipeImages> = {
  augmentation: optional(OBJECT),
  repeats: optional(COUNT),
  sampling: optional(oneOf("balanced")),
  centerCrop: optional(OBJECT),
};

const HINT_CHECKS: Checks<RecipeHints> = {
  pairs: optional(LIST),
  weight: optional(POSITIVE),
  loss: optional(FEATURE_LOSS),
  whitening: optional(oneOf("layer", "channels", "none")),
  schedule: optional(oneOf("constant", "cosine")),
  share: optional(check("in (0, 1]", (value) => FRACTION.fits(value) && value !== 0)),
};

const PAIR_CHECKS: Checks<Required<RecipeHints>["pairs"][number]> = {
  teacher: STRING,
  student: optional(STRING),
};

function isWeights(value: unknown): boolean {
  return value === "balanced" || Array.isArray(value);
}

/**
 * Refuses what is not a recipe, such as one read from a file, which the compiler does not see.
 *
 * @throws TypeError for an unknown key. RangeError for a value that does not fit.
 *
 * @example
 * requireRecipe({ ...DEIT_RECIPE, warmup: { steps: 50 } });
 */
export function requireRecipe(recipe: Recipe): void {
  requireOptions("recipe", recipe, CHECKS);
  requireDistillation("recipe", recipe.distillation);
  const { optimizer = "adamw", adamW } = recipe;
  if (optimizer !== "adamw" && adamW !== undefined)
    throw new RangeError(`recipe: adamW must be absent with the optimizer ${optimizer}, got ${adamW}`);
  if (recipe.loss !== undefined) requireLabelLoss("recipe", recipe.loss);
  if (typeof recipe.classWeights === "object") requireClassWeights(recipe.classWeights);
  if (recipe.hints !== undefined) requireRecipeHints(recipe.hints);
  if (recipe.mixing !== undefined) requireOptions("recipe: mixing", recipe.mixing, MIX_CHECKS);
  if (recipe.normalization !== undefined) normalize(recipe.normalization);
  const { augmentation, centerCrop } = requireOptions("recipe: images", recipe.images, IMAGES_CHECKS);
  if (augmentation !== undefined) requireAugmentation(augmentation, "recipe: images: augmentation");
  if (centerCrop !== undefined) requireCenterCrop(centerCrop, "recipe: images: centerCrop");
  if (recipe.warmup === undefined) return;
  const { epochs, steps } = requireOptions("recipe: warmup", recipe.warmup, WARMUP_CHECKS);
  if ((epochs === undefined) === (steps === undefined)) {
    const got = epochs === undefined ? "neither" : "both";
    throw new RangeError(`recipe: warmup must have epochs or steps, got ${got}`);
  }
}

function requireRecipeHints(hints: RecipeHints): void {
  const { pairs } = requireOptions("recipe: hints", hints, HINT_CHECKS);
  pairs?.forEach((pair, i) => void requireOptions(`recipe: hints: pairs[${i}]`, pair, PAIR_CHECKS));
}

function requireClassWeights(weights: readonly ClassWeight[]): void {
  const checks = { name: STRING, weight: atLeast(0) };
  weights.forEach((one, i) => void requireOptions(`recipe: classWeights[${i}]`, one, checks));
  const names = weights.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw new RangeError(`recipe: classWeights must name each class once, got '${twice}' twice`);
}
