import { existsSync } from "node:fs";
import { join } from "node:path";

/** Folder of a run's distilled student, else of the one alone; `undefined` if neither is saved. */
export function studentOf(run: string): string | undefined {
  const folders = ["student-distilled", "student-alone"].map((name) => join(run, name));
  return folders.find((folder) => existsSync(join(folder, "model.json")));
}
