import type { Recipe } from "distill-trainer";

/**
 * Whether the distilled student has a distillation token: it has none where only the teacher's features teach, and its predictions do
 * not (`alpha` 0).
 */
export function hasToken({ alpha, hints }: Recipe): boolean {
  return alpha > 0 || hints === undefined;
}
