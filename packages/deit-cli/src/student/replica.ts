// Module of a replica's thread: builds the task of the main thread's stage, with the teacher that the run has saved.
import { deit, vit } from "deit-model";
import { storedTeacher, type Teacher } from "distill-trainer";
import { type LogitStoreOptions, logitStore } from "distill-trainer/node";
import { type BackendChoice, startBackend } from "tfjs-backends";
import type { ReplicaModule, ReplicaSetup } from "train-loop";
import type { Settings } from "../settings/settings.ts";
import { studentConfig } from "../settings/student-config.ts";
import { savedTeacher } from "../teacher/saved-teacher.ts";
import { aloneTask, distilledTask } from "./student-task.ts";

type Stage = "student-alone" | "student-distilled";

/** Data of a replica's thread. */
interface Work {
  readonly settings: Settings;
  /** The run's, with the teacher in it. */
  readonly folder: string;
  readonly classNames: readonly string[];
  /** Options of the store of the teacher's logits, if there is one. */
  readonly logits: LogitStoreOptions | undefined;
  readonly backend: string;
}

/** Replicas of a stage, for `fit`. */
export function replicaOf(stage: Stage, work: Work): ReplicaModule {
  return { module: import.meta.url, data: { stage, ...work } };
}

const setup: ReplicaSetup<Work & { stage: Stage }> = async ({ data }) => {
  const { stage, settings, classNames, backend } = data;
  await startBackend(backend as BackendChoice);
  const config = studentConfig(settings, classNames.length);
  if (stage === "student-alone") return aloneTask(vit(config), settings.recipe);
  return distilledTask(deit(config), await teacherOf(data), settings.recipe);
};
export default setup;

async function teacherOf({ folder, settings, logits, classNames }: Work): Promise<Teacher> {
  const { teacher } = (await savedTeacher(folder, classNames))!;
  const { storeLogits } = settings.run;
  return storeLogits === undefined || logits === undefined
    ? teacher
    : storedTeacher(teacher, logitStore(storeLogits, logits));
}
