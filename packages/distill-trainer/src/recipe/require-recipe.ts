import {
  atLeast,
  type Checks,
  COUNT,
  FRACTION,
  integerFrom,
  OBJECT,
  oneOf,
  optional,
  POSITIVE,
  RATE,
  requireOptions,
} from "known-options";
import { mixOf } from "vision-augment";
import { requireDistillation } from "../losses/distillation-loss.ts";
import { normalize } from "../models/preprocess.ts";
import type { Recipe, RecipeWarmup } from "./recipe.ts";

const CHECKS: Checks<Recipe> = {
  epochs: COUNT,
  batchSize: COUNT,
  adamW: oneOf("tfa", "keras", "torch"),
  learningRate: atLeast(0),
  learningRatePer: optional(POSITIVE),
  schedule: oneOf("constant", "cosine"),
  minLearningRate: optional(atLeast(0)),
  warmup: optional(OBJECT),
  weightDecay: atLeast(0),
  decays: oneOf("all", "matrices"),
  layerDecay: optional(POSITIVE),
  clipNorm: optional(POSITIVE),
  emaDecay: optional(FRACTION),
  labelSmoothing: RATE,
  dropPathRate: RATE,
  distillation: OBJECT,
  alpha: FRACTION,
  mixing: optional(OBJECT),
  images: OBJECT,
  normalization: optional(OBJECT),
};

const WARMUP_CHECKS: Checks<RecipeWarmup> = {
  length: OBJECT,
  from: optional(atLeast(0)),
  mode: optional(oneOf("delays", "replaces")),
};

/**
 * Refuses what is not a recipe: one read from a file is not seen by the compiler. `images` are another package's options, and
 * checked there.
 *
 * @throws TypeError for an unknown key. RangeError for a value that does not fit.
 */
export function requireRecipe(recipe: Recipe): void {
  requireOptions("recipe", recipe, CHECKS);
  requireDistillation("recipe", recipe.distillation);
  if (recipe.mixing !== undefined) mixOf(recipe.mixing, 0);
  if (recipe.normalization !== undefined) normalize(recipe.normalization);
  if (recipe.warmup === undefined) return;
  requireOptions("recipe: warmup", recipe.warmup, WARMUP_CHECKS);
  const { length } = recipe.warmup;
  if ("steps" in length) requireOptions("recipe: warmup.length", length, { steps: integerFrom(0) });
  else requireOptions("recipe: warmup.length", length, { epochs: atLeast(0) });
}
