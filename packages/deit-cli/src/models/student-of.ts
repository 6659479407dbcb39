import { existsSync, readdirSync } from "node:fs";
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

/** What a folder of settings is that has no model of its own, for an error: a run without one yet, or a series and its runs. */
export function withoutModel(folder: string): string {
  const runs = readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((run) => existsSync(join(run, "settings.json")))
    .sort();
  return runs.length === 0
    ? `'${folder}', which has none yet`
    : `the series '${folder}' of the runs ${runs.map((run) => `'${run}'`).join(", ")}`;
}
