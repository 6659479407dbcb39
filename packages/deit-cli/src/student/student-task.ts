import type * as tfl from "@tensorflow/tfjs-layers";
import {
  classification,
  type FeatureHints,
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

/** Training of a student that learns from the teacher: by a second head, by hints or by both. */
export function distilledTask(
  student: tfl.LayersModel,
  teacher: Teacher,
  recipe: Recipe,
  hints?: FeatureHints,
): Task {
  const given = hints && { hints };
  const { distillation, alpha, ...options } = recipeTask(recipe);
  if (!hasToken(recipe)) return classification({ model: student, ...options, ...given });
  return tokenDistillation({ student, teacher, distillation, alpha, ...options, ...given });
}
