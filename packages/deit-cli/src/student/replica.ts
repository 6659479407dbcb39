// Module of a replica's thread: builds the task of the main thread's stage, with the teacher that the run has saved.

import type { BackendChoice } from "tfjs-backends";
import type { ReplicaModule, ReplicaSetup } from "train-loop";
import { startChosenBackend } from "../process/chosen-backend.ts";
import { savedTeacher } from "../teacher/saved-teacher.ts";
import { buildTask, type StudentWork, studentOf } from "./student-work.ts";

/** Data of a replica's thread. */
interface Work extends StudentWork {
  readonly backend: string;
}

/** Replicas of a stage, for `fit`. */
export function replicaOf(work: Work): ReplicaModule {
  return { module: import.meta.url, data: work };
}

const setup: ReplicaSetup<Work> = async ({ data }) => {
  const { stage, settings, folder, classNames } = data;
  const { precision } = settings.run;
  await startChosenBackend({ backend: data.backend as BackendChoice, precision });
  const teacher = stage === "student-alone" ? undefined : await savedTeacher(folder, classNames);
  return buildTask(data, studentOf(stage, settings, classNames), teacher).task;
};
export default setup;
