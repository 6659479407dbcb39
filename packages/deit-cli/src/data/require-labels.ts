import type { SampleStore } from "image-source";
import { UsageError } from "../process/usage-error.ts";
import type { Settings } from "../settings/settings.ts";

/** @throws UsageError for pictures with several labels, in a command whose figures are of one class a picture. */
export function requireOneLabel(command: string, store: SampleStore): void {
  if (store.multiHot === undefined) return;
  throw new UsageError(
    `${command}: expected pictures with one class each, got a labels file with several; train --students alone, evaluate and predict are for those`,
  );
}

/**
 * Checks that a run can train on the pictures: on several labels, one student alone.
 *
 * @param isMember - Whether the run is one of a series.
 * @throws UsageError naming the option.
 */
export function requireTrainableLabels(
  store: SampleStore,
  { run, recipe }: Settings,
  isMember: boolean,
): void {
  if (store.multiHot === undefined) return;
  const several = "pictures with several labels";
  if (run.students !== "alone")
    throw new UsageError(`--students: expected alone for ${several}, got ${run.students}`);
  if (isMember) throw new UsageError(`--seeds: expected one run for ${several}, got a series`);
  if (recipe.loss?.kind === "cross-entropy")
    throw new UsageError(`--loss: expected bce or focal for ${several}, got cross-entropy`);
}
