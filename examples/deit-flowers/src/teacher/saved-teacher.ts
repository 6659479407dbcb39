import { join } from "node:path";
import "bit-teacher"; // registers the layers of a saved BiT, in a replica's thread too
import { layersTeacher } from "distill-trainer";
import { loadLayersModelFile } from "../files/layers-model-files.ts";
import { finishedStage } from "../files/stages.ts";
import { preprocessOf } from "../models/notes.ts";
import type { ReadyTeacher } from "./teacher.ts";

/** The teacher of a run that is gone on with, if the run has got as far. */
export async function savedTeacher(folder: string): Promise<ReadyTeacher | undefined> {
  const finished = await finishedStage(folder, "teacher");
  if (finished === undefined) return undefined;
  const model = await loadLayersModelFile(join(folder, "teacher"));
  const preprocess = preprocessOf(model);
  const imageSize = model.inputs[0]!.shape[1]!;
  const { result, description = "" } = finished;
  return { teacher: layersTeacher(model, { preprocess }), model, preprocess, imageSize, description, result };
}
