import { FeatureHints, type HintOptions, type Recipe } from "distill-trainer";
import { startBackend } from "tfjs-backends";
import type { ReplicaSetup } from "train-loop";
import type { Role, Settings } from "../../session/types.ts";
import { restoreModel } from "../models/model-file.ts";
import { buildModel } from "../models/models.ts";
import { studentTask, teacherOf, teacherTask } from "./task.ts";

/** What a Worker that shares a training needs to build its task. */
export interface ReplicaData {
  readonly role: Role;
  readonly settings: Settings;
  readonly classes: number;
  readonly recipe: Recipe;
  /** File of the teacher, for a student that has one. */
  readonly teacher: Uint8Array<ArrayBuffer> | undefined;
  readonly hints: HintOptions | undefined;
}

/** Builds the task of a Worker that shares a training. */
export const buildReplica: ReplicaSetup<ReplicaData> = async ({ data }) => {
  const { role, settings, classes, recipe } = data;
  await startBackend("wasm"); // the only one on which Workers share
  const model = buildModel(role, settings, classes);
  if (role === "teacher") return teacherTask(model);
  if (data.teacher === undefined) return studentTask(model, recipe);
  const taught = buildModel("teacher", settings, classes);
  await restoreModel(taught, data.teacher);
  const teacher = teacherOf(taught);
  const hints = data.hints && new FeatureHints({ student: model, teacher, ...data.hints });
  return studentTask(model, recipe, teacher, hints);
};
