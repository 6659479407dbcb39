import { existsSync } from "node:fs";
import { join } from "node:path";
import type { StudentStage } from "../stage-name.ts";

const STUDENTS: readonly StudentStage[] = [
  "student-features",
  "student-distilled",
  "student-answers",
  "student-alone",
];

/** Folder of a run's distilled student (by features, if it has that one), else of the one alone; `undefined` if none is saved. */
export function studentOf(run: string): string | undefined {
  const folders = STUDENTS.map((name) => join(run, name));
  return folders.find((folder) => existsSync(join(folder, "model.json")));
}
