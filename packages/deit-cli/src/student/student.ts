import type * as tfl from "@tensorflow/tfjs-layers";
import { averageHeads } from "deit-model";
import { FeatureHints, recipeHints } from "distill-trainer";
import { addNotes, layersClassifier } from "open-classifier";
import type { PictureSize } from "vision-augment";
import { measure } from "../judge/measure.ts";
import { onLabeled, type RunContext } from "../runs/context.ts";
import type { ModelResult } from "../runs/run-result.ts";
import { nameOf } from "../runs/stages.ts";
import { microBatchSizeOf } from "../settings/pace.ts";
import { stageSettings } from "../settings/stage-settings.ts";
import type { StudentStage } from "../stage-name.ts";
import { withStoredLogits } from "../teacher/stored-logits.ts";
import type { ReadyTeacher } from "../teacher/teacher.ts";
import { whileBusy } from "../terminal/while-busy.ts";
import { fitStudent } from "./fit-student.ts";
import { aloneTask, distilledTask, labelData } from "./student-task.ts";
import { studentOf } from "./student-work.ts";

/** A student after its training. */
export interface TrainedStudent {
  /** One output of logits: of a distilled student the mean of its heads. */
  readonly model: tfl.LayersModel;
  readonly result: ModelResult;
}

/** A vision transformer trained on the labels alone. */
export async function trainAlone(run: RunContext): Promise<TrainedStudent> {
  const context = onLabeled(run);
  const { settings, data } = context;
  const model = studentOf("student-alone", settings, data.classNames);
  const task = aloneTask(model, settings.recipe, labelData(data));
  return train("student-alone", context, model, settings.model.imageSize, (_, fit) => fit(task));
}

/**
 * The same transformer with a second token, which learns the teacher's answers, or with hints from the teacher's layers, or both: as
 * the stage's settings say.
 */
export async function trainDistilled(
  run: RunContext,
  stage: StudentStage,
  ready: ReadyTeacher,
): Promise<TrainedStudent> {
  const context = { ...run, settings: stageSettings(run.settings, stage) };
  const { settings, data } = context;
  const { recipe } = settings;
  const student = studentOf(stage, settings, data.classNames);
  return train(stage, context, student, ready.imageSize, (source, fit) =>
    withStoredLogits(context, ready, source, async (teacher, logits) => {
      const options = await recipeHints(recipe, ready.teacher, source, { seed: settings.run.seed });
      const hints = options && new FeatureHints({ student, teacher: ready.teacher, ...options });
      const task = distilledTask(student, teacher, recipe, labelData(data), hints);
      return fit(task, hints, { logits, hints: options }).finally(() => hints?.dispose());
    }),
  );
}

/** Notes in a model everything that it takes to use it without its run. */
function noteUse({ settings, data }: RunContext, model: tfl.LayersModel): void {
  const { normalization, images } = settings.recipe;
  const ratio = images.centerCrop?.ratio;
  addNotes(model, {
    classNames: data.classNames,
    upright: data.upright,
    outputs: "logits",
    ...(data.all.multiHot && { multiLabel: true }),
    ...(normalization ? { normalization } : { inputRange: [0, 1] }),
    ...(ratio !== undefined && { centerCrop: ratio }),
  });
}

/** Trains a model on all ranks, and judges it; `use` is that of {@link fitStudent}. */
async function train(
  stage: StudentStage,
  context: RunContext,
  model: tfl.LayersModel,
  teacherImageSize: PictureSize,
  use: Parameters<typeof fitStudent>[4],
): Promise<TrainedStudent> {
  const { settings, output, data } = context;
  const name = nameOf(stage);
  await context.ranks?.tell({ kind: "train", stage, settings });
  const { heldOut, meter, history } = await fitStudent(stage, context, model, teacherImageSize, use);
  const saved = model.outputs.length === 1 ? model : averageHeads(model);
  noteUse(context, saved);
  const measured = await whileBusy(output, `judging the ${name}`, () =>
    measure(
      layersClassifier(saved).teacher!,
      heldOut,
      microBatchSizeOf(settings.run),
      data.all.multiHot !== undefined,
    ),
  );
  const params = model.countParams();
  return { model: saved, result: { name, params, ...measured, ...meter.figures, history } };
}
