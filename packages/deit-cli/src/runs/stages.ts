import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { CheckpointEvent, CheckpointOptions } from "train-loop";
import { folderStorage } from "train-loop/node";
import { z } from "zod";
import { parseChecked } from "../files/parse-json.ts";
import { writeAtomically } from "../files/write-atomically.ts";
import { decisiveSettings, type RunSettings, type Settings } from "../settings/settings.ts";
import type { FoldStage, StageName } from "../stage-name.ts";
import type { LineOutput } from "../terminal/live-line.ts";
import { MODEL_RESULT, type ModelResult } from "./run-result.ts";

/** Names of a run's trainings for people, in their order. */
const NAMES: readonly (readonly [StageName, ModelResult["name"]])[] = [
  ["teacher", "teacher"],
  ["student-alone", "student alone"],
  ["student-answers", "student by answers"],
  ["student-features", "student by features"],
  ["student-distilled", "student distilled"],
];

const STAGES: Readonly<Record<RunSettings["students"], readonly StageName[]>> = {
  all: ["teacher", "student-alone", "student-answers", "student-features"],
  both: ["teacher", "student-alone", "student-distilled"],
  alone: ["student-alone"],
  distilled: ["teacher", "student-distilled"],
};

/** Folders of all models that a run may have, in their order. */
export const STAGE_NAMES: readonly StageName[] = NAMES.map(([stage]) => stage);

/** Name of a training for people. */
export function nameOf(stage: StageName): ModelResult["name"] {
  return NAMES.find(([name]) => name === stage)![1];
}

/** Trainings of a run in their order, with their names; a run of a student alone has no teacher. */
export function stagesOf({ students }: Pick<RunSettings, "students">): readonly (typeof NAMES)[number][] {
  return NAMES.filter(([stage]) => STAGES[students].includes(stage));
}

const stageResult = z.object({
  result: MODEL_RESULT,
  /** One sentence, for people. */
  description: z.string().exactOptional(),
});

/** Result of a finished training. */
export type StageResult = Readonly<z.infer<typeof stageResult>>;

/** Folder in a run's that exists until the run ends: results of finished stages, checkpoints of the one under way. */
const UNFINISHED = "resume";

/** Checkpoints of a stage, from which it is resumed. */
export function stageCheckpoints(
  folder: string,
  stage: StageName | FoldStage,
  settings: Settings,
  output: LineOutput,
): CheckpointOptions {
  const onEvent = (event: CheckpointEvent): void => {
    if (event.kind === "damaged") output.write(`${stage}: ${event.name} is damaged: ${event.reason}\n`);
    if (event.kind === "resumed") output.write(`${stage}: resumes after step ${event.step}${recut(event)}\n`);
  };
  const { "recipe.epochs": _, ...decisive } = decisiveSettings(settings); // more epochs are the trainer's to accept
  const { lock: __, ...storage } = folderStorage(join(folder, UNFINISHED, stage)); // the run's folder is locked already
  return {
    storage,
    everySteps: settings.run.checkpointEvery,
    keep: 2,
    resume: true,
    settings: decisive,
    onEvent,
  };
}

/** Words on a checkpoint of another number of ranks. */
function recut({ ranks }: { readonly ranks?: number }): string {
  if (ranks === undefined) return "";
  return `, saved by ${ranks === 1 ? "1 rank" : `${ranks} ranks`}: another number rounds differently, within 1e-4`;
}

/** Folder of what cross-fitting needs until the run ends: its teachers and their answers. */
export function crossFitFolder(folder: string): string {
  return join(folder, UNFINISHED, "cross-fit");
}

/** Removes a stage's checkpoints. */
export function forgetCheckpoints(folder: string, stage: StageName | FoldStage): Promise<void> {
  return rm(join(folder, UNFINISHED, stage), { recursive: true, force: true });
}

/** Saves a stage's model, to the folder that `save` is given, and its result, and removes its checkpoints. */
export async function finishStage(
  folder: string,
  stage: StageName,
  save: (folder: string) => Promise<void>,
  result: StageResult,
): Promise<void> {
  await save(join(folder, stage));
  await writeAtomically(join(folder, UNFINISHED, `${stage}.json`), JSON.stringify(result));
  await forgetCheckpoints(folder, stage);
}

/** Model and result of a finished stage, in the run's folder. */
export function filesOfStage(stage: StageName): string[] {
  return [stage, join(UNFINISHED, `${stage}.json`)];
}

/** Result of a stage that an earlier process has finished. */
export async function finishedStage(folder: string, stage: StageName): Promise<StageResult | undefined> {
  const file = join(folder, UNFINISHED, `${stage}.json`);
  try {
    return parseChecked(file, await readFile(file, "utf8"), stageResult);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** True for a finished run. */
export function isFinished(folder: string): boolean {
  return existsSync(join(folder, "summary.json"));
}

/** Removes the files that only an unfinished run needs. */
export function forgetStages(folder: string): Promise<void> {
  return rm(join(folder, UNFINISHED), { recursive: true, force: true });
}
