import type * as tfl from "@tensorflow/tfjs-layers";
import { classification, type Recipe, recipeTask, type Teacher, tokenDistillation } from "distill-trainer";
import type { Task } from "train-loop";

/** Training of a student with one head on the labels alone. */
export function aloneTask(model: tfl.LayersModel, recipe: Recipe): Task {
  const { distillation: _, alpha: __, ...options } = recipeTask(recipe);
  return classification({ model, ...options });
}

/** Training of a student with two heads, of which one learns from the teacher. */
export function distilledTask(student: tfl.LayersModel, teacher: Teacher, recipe: Recipe): Task {
  return tokenDistillation({ student, teacher, ...recipeTask(recipe) });
}
