import type * as tfl from "@tensorflow/tfjs-layers";
import {
  classification,
  type FeatureHints,
  type LayeredTeacher,
  layersTeacher,
  type Recipe,
  recipeTask,
  tokenDistillation,
  toSymmetricRange,
} from "distill-trainer";
import type { Task } from "train-loop";

/** The teacher that a student learns from. The model stays the caller's. */
export function teacherOf(model: tfl.LayersModel): LayeredTeacher {
  return layersTeacher(model, { preprocess: toSymmetricRange, outputs: "logits" });
}

/** Training of the teacher: on the labels. */
export function teacherTask(model: tfl.LayersModel): Task {
  return classification({ model, preprocess: toSymmetricRange });
}

/** Training of the student: on the labels, and on the teacher's answers or features where the recipe says so. */
export function studentTask(
  student: tfl.LayersModel,
  recipe: Recipe,
  teacher?: LayeredTeacher,
  hints?: FeatureHints,
): Task {
  const { distillation, alpha, ...options } = recipeTask(recipe);
  const given = hints && { hints };
  if (teacher === undefined || alpha === 0) return classification({ model: student, ...options, ...given });
  return tokenDistillation({ student, teacher, distillation, alpha, ...options, ...given });
}
