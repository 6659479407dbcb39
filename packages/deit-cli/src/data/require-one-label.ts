import type { SampleStore } from "image-source";
import { UsageError } from "../process/usage-error.ts";

/** @throws UsageError for pictures with several labels: the program's figures and report are of one class a picture. */
export function requireOneLabel(command: string, store: SampleStore): void {
  if (store.multiHot === undefined) return;
  throw new UsageError(
    `${command}: expected pictures with one class each, got a labels file with several; distill-trainer trains on them: classification({ model, multiLabel: true })`,
  );
}
