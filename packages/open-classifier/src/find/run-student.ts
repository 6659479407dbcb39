import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** Folders of a run's students, the one to take first. */
const STUDENTS = ["student-features", "student-distilled", "student-answers", "student-alone"] as const;

/**
 * Returns the folder of a run's distilled student (by features, if it has that one), else of the one alone; `undefined` if none is saved.
 *
 * @param run - Folder of a run of deit-cli, with `settings.json`.
 *
 * @example
 * console.log(runStudent("runs/none")); // undefined
 */
export function runStudent(run: string): string | undefined {
  return STUDENTS.map((name) => join(run, name)).find((folder) => existsSync(join(folder, "model.json")));
}

/** Whether a folder is that of a run, or of a series of runs. */
export function isRun(folder: string): boolean {
  return existsSync(join(folder, "settings.json"));
}

/**
 * Describes a folder with `settings.json` that has no student, for an error: a run without one yet, or a series and its runs.
 *
 * @param folder - It exists.
 *
 * @example
 * ```ts norun
 * console.log(withoutModel("runs/three")); // the series 'runs/three' of the runs 'runs/three/seed-1', 'runs/three/seed-2'
 * ```
 */
export function withoutModel(folder: string): string {
  const runs = readdirSync(folder)
    .map((name) => join(folder, name))
    .filter(isRun)
    .sort();
  return runs.length === 0
    ? `'${folder}', which has none yet`
    : `the series '${folder}' of the runs ${runs.map((run) => `'${run}'`).join(", ")}`;
}
