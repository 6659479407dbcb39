// What a replica's thread builds: the student of the main thread's stage, and the teacher that the run has saved.
import { deit, vit } from "deit-model";
import { classification, recipeTask, storedTeacher, type Teacher, tokenDistillation } from "distill-trainer";
import { type LogitStoreOptions, logitStore } from "distill-trainer/node";
import { type BackendChoice, startBackend } from "tfjs-backends";
import type { ReplicaModule, ReplicaSetup } from "train-loop";
import { studentRecipe } from "../settings/recipe-settings.ts";
import type { Settings } from "../settings/settings.ts";
import { studentConfig } from "../settings/student-config.ts";
import { savedTeacher } from "../teacher/saved-teacher.ts";

type Stage = "student-alone" | "student-distilled";

/** What the thread needs to know. */
interface Work {
  readonly settings: Settings;
  /** The run's, with the teacher in it. */
  readonly folder: string;
  readonly classNames: readonly string[];
  /** Options of the store of the teacher's logits, if there is one. */
  readonly logits: LogitStoreOptions | undefined;
  readonly backend: string;
}

/** How `fit` starts replicas of a stage. */
export function replicaOf(stage: Stage, work: Work): ReplicaModule {
  return { module: import.meta.url, data: { stage, ...work } };
}

const setup: ReplicaSetup<Work & { stage: Stage }> = async ({ data }) => {
  const { stage, settings, classNames, backend } = data;
  await startBackend(backend as BackendChoice);
  const config = studentConfig(settings, classNames.length);
  const recipe = recipeTask(studentRecipe(settings));
  const { labelSmoothing, preprocess } = recipe;
  if (stage === "student-alone") {
    return classification({ model: vit(config), labelSmoothing, ...(preprocess && { preprocess }) });
  }
  return tokenDistillation({ student: deit(config), teacher: await teacherOf(data), ...recipe });
};
export default setup;

async function teacherOf({ folder, settings, logits, classNames }: Work): Promise<Teacher> {
  const { teacher } = (await savedTeacher(folder, classNames))!;
  const { storeLogits } = settings;
  return storeLogits === undefined || logits === undefined
    ? teacher
    : storedTeacher(teacher, logitStore(storeLogits, logits));
}
