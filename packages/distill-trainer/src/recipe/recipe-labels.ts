import { BOOLEAN, type Checks, LIST, optional, requireOptions } from "known-options";
import { balancedWeights } from "../losses/balanced-weights.ts";
import type { LabelLoss } from "../losses/label-loss.ts";
import type { DistillationOptions } from "../tasks/taught-task.ts";
import type { Recipe } from "./recipe.ts";

/** Labels of training data, by which a recipe weighs classes. */
export interface LabelData {
  readonly classNames: readonly string[];
  /** Samples that have each class. */
  readonly counts: readonly number[];
  /** Labeled samples in all; may have several classes each. Default: the sum of `counts`. */
  readonly samples?: number;
  /** Whether samples may have several labels. Default false. */
  readonly multiLabel?: boolean;
}

const CHECKS: Checks<LabelData> = {
  classNames: LIST,
  counts: LIST,
  samples: optional({
    expected: "an integer >= 1",
    fits: (value) => Number.isInteger(value) && Number(value) >= 1,
  }),
  multiLabel: optional(BOOLEAN),
};

/** Options of a task that a recipe has for labels. */
export function labelsOfRecipe(
  { loss, classWeights }: Recipe,
  labels: LabelData | undefined,
): Pick<DistillationOptions, "loss" | "classWeights" | "multiLabel"> {
  if (labels !== undefined) requireLabelData(labels);
  const given = { ...(loss && { loss }), ...(labels?.multiLabel && { multiLabel: true }) };
  if (classWeights === undefined) return given;
  if (labels === undefined) {
    throw new RangeError("recipeTask: a recipe with classWeights needs the labels of the data, got none");
  }
  const { classNames, counts, multiLabel = false } = labels;
  if (classWeights !== "balanced") {
    const unknown = classWeights.find(({ name }) => !classNames.includes(name))?.name;
    const weights = new Map(classWeights.map(({ name, weight }) => [name, weight]));
    if (unknown !== undefined) {
      throw new RangeError(
        `recipe: classWeights must be of the data's classes (${classNames.join(", ")}), got '${unknown}'`,
      );
    }
    const all = classNames.map((name) => weights.get(name) ?? 1);
    if (all.every((weight) => weight === 0))
      throw new RangeError(
        "recipe: classWeights must be above 0 for one of the data's classes or more, got 0 for all",
      );
    return { ...given, classWeights: all };
  }
  const none = counts.indexOf(0);
  if (none >= 0) {
    throw new RangeError(
      `recipe: classWeights must be numbers by class where a class has no sample to balance, got balanced and none of '${classNames[none]}'`,
    );
  }
  if (!multiLabel) return { ...given, classWeights: balancedWeights(counts) };
  const own: LabelLoss = loss ?? { kind: "bce" };
  if (own.kind !== "bce" || own.posWeight !== undefined) {
    throw new RangeError(
      "recipe: classWeights must be numbers by class here: balanced ones of several labels are the posWeight of the loss bce, got another loss or a posWeight",
    );
  }
  return { ...given, loss: { ...own, posWeight: counts.map((count) => (labels.samples! - count) / count) } };
}

function requireLabelData(labels: LabelData): void {
  const { classNames, counts, samples, multiLabel } = requireOptions("recipeTask: labels", labels, CHECKS);
  if (classNames.length !== counts.length) {
    throw new RangeError(
      `recipeTask: labels must have a count for each of ${classNames.length} classes, got ${counts.length}`,
    );
  }
  if (multiLabel && samples === undefined)
    throw new RangeError("recipeTask: labels must have samples with multiLabel, got none");
}
