import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type * as tfl from "@tensorflow/tfjs-layers";
import type { CheckpointEvent, CheckpointOptions } from "train-loop";
import { folderStorage } from "train-loop/node";
import { z } from "zod";
import { MODEL_RESULT, type ModelResult } from "./run-result.ts";
import { decisiveSettings, type RunSettings, type Settings } from "../settings/settings.ts";
import type { LineOutput } from "../terminal/live-line.ts";
import { saveLayersModelFile } from "../models/layers-model-files.ts";
import { parseChecked } from "../files/parse-json.ts";
import { writeAtomically } from "../files/write-atomically.ts";

/** A training of the run, named as the folder of its model. */
export type StageName = "teacher" | "student-alone" | "student-distilled";

/** What people call a run's trainings, in the order in which they are done. */
const NAMES: readonly (readonly [StageName, ModelResult["name"]])[] = [
  ["teacher", "teacher"],
  ["student-alone", "student alone"],
  ["student-distilled", "student distilled"],
];

/** The trainings of a run, in order, and their names; a student alone has no teacher. */
export function stagesOf({ students }: Pick<RunSettings, "students">): readonly (typeof NAMES)[number][] {
  const skipped = { both: [], alone: ["teacher", "student-distilled"], distilled: ["student-alone"] };
  return NAMES.filter(([stage]) => !(skipped[students] as readonly string[]).includes(stage));
}

const stageResult = z.object({
  result: MODEL_RESULT,
  /** One sentence, for people. */
  description: z.string().exactOptional(),
});

/** What is known of a training that is done. */
export type StageResult = Readonly<z.infer<typeof stageResult>>;

/** Part of a run's folder while it lasts: results of the stages done, checkpoints of the one under way. */
const GOING_ON = "resume";

/** How a stage is saved while it trains, and that it goes on from what is saved. */
export function stageCheckpoints(
  folder: string,
  stage: StageName,
  settings: Settings,
  output: LineOutput,
): CheckpointOptions {
  const onEvent = (event: CheckpointEvent): void => {
    if (event.kind === "damaged") output.write(`${stage}: ${event.name} is damaged: ${event.reason}\n`);
    if (event.kind === "resumed") output.write(`${stage}: resumes after step ${event.step}\n`);
  };
  const { "recipe.epochs": _, ...decisive } = decisiveSettings(settings); // more epochs are the trainer's to accept
  const { lock: __, ...storage } = folderStorage(join(folder, GOING_ON, stage)); // the run's folder is locked already
  return {
    storage,
    everySteps: settings.run.checkpointEvery,
    keep: 2,
    resume: true,
    settings: decisive,
    onEvent,
  };
}

/** Saves a stage's model and result; its checkpoints are not needed any more. */
export async function finishStage(
  folder: string,
  stage: StageName,
  model: tfl.LayersModel,
  result: StageResult,
): Promise<void> {
  await saveLayersModelFile(model, join(folder, stage));
  await writeAtomically(join(folder, GOING_ON, `${stage}.json`), JSON.stringify(result));
  await rm(join(folder, GOING_ON, stage), { recursive: true, force: true });
}

/** The result of a stage that an earlier part of the run has finished. */
export async function finishedStage(folder: string, stage: StageName): Promise<StageResult | undefined> {
  const file = join(folder, GOING_ON, `${stage}.json`);
  try {
    return parseChecked(file, await readFile(file, "utf8"), stageResult);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Whether a run has come to its end. */
export function isFinished(folder: string): boolean {
  return existsSync(join(folder, "summary.json"));
}

/** Removes what only an unfinished run needs. */
export function forgetStages(folder: string): Promise<void> {
  return rm(join(folder, GOING_ON), { recursive: true, force: true });
}
