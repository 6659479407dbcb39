import type * as tfl from "@tensorflow/tfjs-layers";
import {
  classification,
  type FeatureHints,
  type LabelData,
  logitDistillation,
  type Recipe,
  recipeTask,
  type Teacher,
  tokenDistillation,
} from "distill-trainer";
import { classCounts } from "image-source";
import type { Task } from "train-loop";
import type { FlowerData } from "../data/open-data.ts";
import { hasToken } from "../settings/has-token.ts";

/** Training of a student with one head on the labels alone. */
export function aloneTask(model: tfl.LayersModel, recipe: Recipe, labels: LabelData): Task {
  const { distillation: _, alpha: __, ...options } = recipeTask(recipe, labels);
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
  labels?: LabelData,
  hints?: FeatureHints,
): Task {
  const given = hints && { hints };
  const { distillation, alpha, ...options } = recipeTask(recipe, labels);
  if (alpha === 0) return classification({ model: student, ...options, ...given });
  const distill = hasToken(recipe) ? tokenDistillation : logitDistillation;
  return distill({ student, teacher, distillation, alpha, ...options, ...given });
}

/** Labels of the training pictures, by which losses weigh classes. */
export function labelData({ labeled, classNames }: Pick<FlowerData, "labeled" | "classNames">): LabelData {
  return {
    ...{ classNames, counts: classCounts(labeled), samples: labeled.size },
    ...(labeled.multiHot && { multiLabel: true }),
  };
}
