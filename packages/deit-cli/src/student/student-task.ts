import type * as tfl from "@tensorflow/tfjs-layers";
import {
  classification,
  type FeatureHints,
  logitDistillation,
  type Recipe,
  recipeTask,
  type Teacher,
  tokenDistillation,
} from "distill-trainer";
import type { Task } from "train-loop";
import { hasToken } from "../settings/has-token.ts";

/** Training of a student with one head on the labels alone. */
export function aloneTask(model: tfl.LayersModel, recipe: Recipe): Task {
  const { distillation: _, alpha: __, ...options } = recipeTask(recipe);
  return classification({ model, ...options });
}

/**
 * Training of a student that learns from the teacher: by a second head, by hints or by both; with `alpha` 1 by its only head, from the
 * teacher's answers alone.
 */
export function distilledTask(
  student: tfl.LayersModel,
  teacher: Teacher,
  recipe: Recipe,
  hints?: FeatureHints,
): Task {
  const given = hints && { hints };
  const { distillation, alpha, ...options } = recipeTask(recipe);
  if (alpha === 0) return classification({ model: student, ...options, ...given });
  const distill = hasToken(recipe) ? tokenDistillation : logitDistillation;
  return distill({ student, teacher, distillation, alpha, ...options, ...given });
}
