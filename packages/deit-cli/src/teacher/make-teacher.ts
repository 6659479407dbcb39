import { onLabeled, type RunContext } from "../runs/context.ts";
import { finishStage } from "../runs/stages.ts";
import type { Backbone } from "./backbone.ts";
import { preparePretrainedTeacher } from "./pretrained-teacher.ts";
import { savedTeacher } from "./saved-teacher.ts";
import type { ReadyTeacher } from "./teacher.ts";
import { trainBitTeacher } from "./train-bit-teacher.ts";

/** The run's teacher: the one that an earlier process has saved, else one made from a backbone or trained, and saved. */
export async function makeTeacher(
  context: RunContext,
  backbone: Backbone | undefined,
): Promise<ReadyTeacher> {
  const { folder, signal, data } = context;
  const saved = await savedTeacher(folder, data.classNames);
  if (saved !== undefined) return saved;
  signal?.throwIfAborted();
  const teacher =
    backbone === undefined
      ? await trainBitTeacher(onLabeled(context))
      : await preparePretrainedTeacher(onLabeled(context), backbone);
  const { classifier, notes, result, description } = teacher;
  const classNames = classifier.classNames ?? data.classNames;
  const save = (path: string) => classifier.save(path, { ...notes, classNames, upright: data.upright });
  await finishStage(folder, "teacher", save, { result, description });
  return teacher;
}
