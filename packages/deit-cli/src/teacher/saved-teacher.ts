import { join } from "node:path";
import "bit-teacher"; // registers the layers of a saved BiT, in a replica's thread too
import { openClassifier } from "open-classifier";
import { finishedStage } from "../runs/stages.ts";
import type { ReadyTeacher } from "./teacher.ts";
import { teacherOf } from "./teacher-of.ts";

/** Teacher of a resumed run, if it is finished. */
export async function savedTeacher(
  folder: string,
  classNames: readonly string[],
): Promise<ReadyTeacher | undefined> {
  const finished = await finishedStage(folder, "teacher");
  if (finished === undefined) return undefined;
  const classifier = await openClassifier(join(folder, "teacher"));
  const { imageSize } = classifier;
  const { result, description = "" } = finished;
  return { teacher: teacherOf(classifier, classNames), classifier, imageSize, description, result };
}
