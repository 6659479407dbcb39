// What a replica's thread builds: the student of the main thread's stage, and the teacher that the run has saved.
import { deit, vit } from "deit-model";
import {
  Classifier,
  compileRecipe,
  type DataSource,
  Distiller,
  type ReplicaModule,
  type ReplicaSetup,
  storedTeacher,
  type Teacher,
} from "distill-trainer";
import { type LogitStoreOptions, logitStore } from "distill-trainer/node";
import { type BackendChoice, startBackend } from "tfjs-backends";
import { studentRecipe } from "./recipe-settings.ts";
import type { Settings } from "./settings.ts";
import { studentConfig } from "./student-config.ts";
import { savedTeacher } from "./teacher/saved-teacher.ts";

type Stage = "student-alone" | "student-distilled";

/** What the thread needs to know. */
interface Work {
  readonly settings: Settings;
  /** The run's, with the teacher in it. */
  readonly folder: string;
  readonly classNames: readonly string[];
  /** Of the store that the teacher's logits are in, if they are. */
  readonly logits: LogitStoreOptions | undefined;
  readonly backend: string;
}

/** How `fitDataset` starts replicas of a stage. */
export function replicaOf(stage: Stage, work: Work): ReplicaModule {
  return { module: import.meta.url, data: { stage, ...work } };
}

/** Counts steps for a schedule that only the main thread goes by. */
const NO_DATA: DataSource = { size: 1, batchSize: 1, batches: async function* () {} };

const setup: ReplicaSetup<Work & { stage: Stage }> = async ({ data }) => {
  const { stage, settings, classNames, backend } = data;
  await startBackend(backend as BackendChoice);
  const config = studentConfig(settings, classNames.length);
  const model = stage === "student-alone" ? vit(config) : deit(config);
  const trainer =
    stage === "student-alone"
      ? new Classifier(model)
      : new Distiller({ student: model, teacher: await teacherOf(data) });
  trainer.compile(compileRecipe(studentRecipe(settings), model, NO_DATA, { depth: settings.depth }));
  return trainer;
};
export default setup;

async function teacherOf({ folder, settings, logits, classNames }: Work): Promise<Teacher> {
  const { teacher } = (await savedTeacher(folder, classNames))!;
  const { storeLogits } = settings;
  return storeLogits === undefined || logits === undefined
    ? teacher
    : storedTeacher(teacher, logitStore(storeLogits, logits));
}
