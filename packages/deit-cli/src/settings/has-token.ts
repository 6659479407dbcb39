import type { Recipe } from "distill-trainer";

/**
 * Whether the distilled student has a distillation token beside the class token: only where both labels (`alpha` below 1) and the
 * teacher's answers (`alpha` above 0) teach. Otherwise one of two heads would have no loss, and its noise would be in the mean that
 * predicts.
 */
export function hasToken({ alpha }: Pick<Recipe, "alpha">): boolean {
  return alpha > 0 && alpha < 1;
}
