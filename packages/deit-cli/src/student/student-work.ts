import type * as tfl from "@tensorflow/tfjs-layers";
import { deit, vit } from "deit-model";
import {
  FeatureHints,
  type HintOptions,
  type LabelData,
  type LayeredTeacher,
  storedTeacher,
  type Teacher,
} from "distill-trainer";
import { type LogitStoreOptions, logitStore } from "distill-trainer/node";
import type { Task } from "train-loop";
import { hasToken } from "../settings/has-token.ts";
import type { Settings } from "../settings/settings.ts";
import { studentConfig } from "../settings/student-config.ts";
import type { StudentStage } from "../stage-name.ts";
import { crossFitAnswers } from "../teacher/cross-fit.ts";
import type { ReadyTeacher } from "../teacher/teacher.ts";
import { aloneTask, distilledTask } from "./student-task.ts";

/** What a thread, or another rank, builds a stage's task from. */
export interface StudentWork {
  readonly stage: StudentStage;
  readonly settings: Settings;
  /** The run's, with the teacher in it. */
  readonly folder: string;
  readonly classNames: readonly string[];
  readonly labels: LabelData;
  /** Options of the store of the teacher's logits, if there is one. */
  readonly logits: LogitStoreOptions | undefined;
  /** Options of the hints, if there are any. */
  readonly hints: HintOptions | undefined;
}

/** A student's task, and the hints in it. */
export interface BuiltTask {
  readonly task: Task;
  readonly hints?: FeatureHints | undefined;
}

/** The student of a stage. */
export function studentOf(
  stage: StudentStage,
  settings: Settings,
  classNames: readonly string[],
): tfl.LayersModel {
  const config = studentConfig(settings, classNames.length);
  return stage !== "student-alone" && hasToken(settings.recipe) ? deit(config) : vit(config);
}

/** Builds a stage's task. @param ready - Teacher, of a stage that has one. */
export function buildTask(
  work: StudentWork,
  student: tfl.LayersModel,
  ready: ReadyTeacher | undefined,
): BuiltTask {
  const { settings, labels } = work;
  if (ready === undefined) return { task: aloneTask(student, settings.recipe, labels) };
  const { teacher } = ready;
  const hints = work.hints && new FeatureHints({ student, teacher, ...work.hints });
  const task = distilledTask(student, withStore(teacher, work), settings.recipe, labels, hints);
  return { task, hints };
}

function withStore(teacher: LayeredTeacher, { settings, folder, logits }: StudentWork): Teacher {
  const { storeLogits, crossFit } = settings.run;
  if (crossFit !== undefined && logits !== undefined) return crossFitAnswers(folder, logits);
  return storeLogits === undefined || logits === undefined
    ? teacher
    : storedTeacher(teacher, logitStore(storeLogits, logits));
}
