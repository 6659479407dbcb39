// Module of a replica's thread: builds the task of the main thread's stage, with the teacher that the run has saved.
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
import { type BackendChoice, startBackend } from "tfjs-backends";
import type { ReplicaModule, ReplicaSetup } from "train-loop";
import { hasToken } from "../settings/has-token.ts";
import type { Settings } from "../settings/settings.ts";
import { studentConfig } from "../settings/student-config.ts";
import type { StudentStage } from "../stage-name.ts";
import { crossFitAnswers } from "../teacher/cross-fit.ts";
import { savedTeacher } from "../teacher/saved-teacher.ts";
import { aloneTask, distilledTask } from "./student-task.ts";

/** Data of a replica's thread. */
interface Work {
  readonly settings: Settings;
  /** The run's, with the teacher in it. */
  readonly folder: string;
  readonly classNames: readonly string[];
  readonly labels: LabelData;
  /** Options of the store of the teacher's logits, if there is one. */
  readonly logits: LogitStoreOptions | undefined;
  /** Options of the hints, if there are any. */
  readonly hints: HintOptions | undefined;
  readonly backend: string;
}

/** Replicas of a stage, for `fit`. */
export function replicaOf(stage: StudentStage, work: Work): ReplicaModule {
  return { module: import.meta.url, data: { stage, ...work } };
}

const setup: ReplicaSetup<Work & { stage: StudentStage }> = async ({ data }) => {
  const { stage, settings, classNames, backend } = data;
  await startBackend(backend as BackendChoice);
  const config = studentConfig(settings, classNames.length);
  if (stage === "student-alone") return aloneTask(vit(config), settings.recipe, data.labels);
  const student = hasToken(settings.recipe) ? deit(config) : vit(config);
  const { teacher } = (await savedTeacher(data.folder, classNames))!;
  const hints = data.hints && new FeatureHints({ student, teacher, ...data.hints });
  return distilledTask(student, withStore(teacher, data), settings.recipe, data.labels, hints);
};
export default setup;

function withStore(teacher: LayeredTeacher, { settings, folder, logits }: Work): Teacher {
  const { storeLogits, crossFit } = settings.run;
  if (crossFit !== undefined && logits !== undefined) return crossFitAnswers(folder, logits);
  return storeLogits === undefined || logits === undefined
    ? teacher
    : storedTeacher(teacher, logitStore(storeLogits, logits));
}
