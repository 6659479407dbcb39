import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { averageHeads, deit, vit } from "deit-model";
import {
  FeatureHints,
  type HintOptions,
  mixedSource,
  normalize,
  recipeHints,
  recipeStep,
  toUnitRange,
} from "distill-trainer";
import type { LogitStoreOptions } from "distill-trainer/node";
import type { ImageSource } from "image-source/node";
import { addNotes, layersClassifier } from "open-classifier";
import { emaWarmup, ModelEma } from "tfjs-optim";
import type { Task } from "train-loop";
import type { PictureSize } from "vision-augment";
import { firstOf } from "../data/first-of.ts";
import { measure } from "../judge/measure.ts";
import { setInitialWeights } from "../models/initial-weights.ts";
import { onLabeled, type RunContext } from "../runs/context.ts";
import { keepEpochs } from "../runs/resumed-epochs.ts";
import type { ModelResult } from "../runs/run-result.ts";
import { nameOf, stageCheckpoints } from "../runs/stages.ts";
import { hasToken } from "../settings/has-token.ts";
import { bestLog, earlyStopping, isByHeldOut } from "../settings/kept-epoch.ts";
import { microBatchSizeOf, replicasOf } from "../settings/pace.ts";
import { stageSettings } from "../settings/stage-settings.ts";
import { studentConfig } from "../settings/student-config.ts";
import type { StudentStage } from "../stage-name.ts";
import { withStoredLogits } from "../teacher/stored-logits.ts";
import type { ReadyTeacher } from "../teacher/teacher.ts";
import { whileBusy } from "../terminal/while-busy.ts";
import { attentionImages } from "../training/attention-images.ts";
import { fitWithProgress } from "../training/fit-with-progress.ts";
import { heldOutImages, withTrainingImages } from "../training/image-sources.ts";
import { stageLogs } from "../training/stage-logs.ts";
import { replicaOf } from "./replica.ts";
import { aloneTask, distilledTask, labelData } from "./student-task.ts";
import { studentViews } from "./student-views.ts";

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
  const model = vit(studentConfig(settings, data.classNames.length));
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
  const config = studentConfig(settings, data.classNames.length);
  const student = hasToken(recipe) ? deit(config) : vit(config);
  return train(stage, context, student, ready.imageSize, (source, fit) =>
    withStoredLogits(context, ready, source, async (teacher, logits) => {
      const options = await recipeHints(recipe, ready.teacher, source, { seed: settings.run.seed });
      const hints = options && new FeatureHints({ student, teacher: ready.teacher, ...options });
      const task = distilledTask(student, teacher, recipe, labelData(data), hints);
      const history = fit(task, { logits, ...(hints && { hints, hintOptions: options }) });
      return history.finally(() => hints?.dispose());
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

type History = ModelResult["history"];
/** What a student's task is made with, besides the student. */
interface Teaching {
  /** Options of the store of the teacher's logits, if there is one. */
  readonly logits?: LogitStoreOptions | undefined;
  readonly hints?: FeatureHints;
  /** Options of these hints. */
  readonly hintOptions?: HintOptions;
}
type Fit = (task: Task, teaching?: Teaching) => Promise<History>;

/** Trains a model: `use` makes the task for the source and passes it to `fit`. */
async function train(
  stage: StudentStage,
  context: RunContext,
  model: tfl.LayersModel,
  teacherImageSize: PictureSize,
  use: (source: ImageSource, fit: Fit) => Promise<History>,
): Promise<TrainedStudent> {
  const { settings, output, folder, signal, data } = context;
  const { run, recipe } = settings;
  const { imageSize, depth } = settings.model;
  const { classNames } = data;
  const name = nameOf(stage);
  const microBatchSize = microBatchSizeOf(run);
  const heldOut = await whileBusy(output, "decoding the held-out pictures", () =>
    heldOutImages(context, imageSize, recipe.images.centerCrop),
  );
  const judged = isByHeldOut(settings) ? heldOut : firstOf(heldOut, data.judgedByEpoch);
  await setInitialWeights(model, settings.model, run.seed);
  // Its own average, with a warm-up: a constant decay would hardly leave the initial weights in a short run.
  const { emaDecay, ...withoutEma } = recipe;
  const ema =
    emaDecay === undefined ? undefined : new ModelEma(model, { decay: emaWarmup({ decay: emaDecay }) });
  const preprocess = recipe.normalization === undefined ? toUnitRange : normalize(recipe.normalization);
  const logs = stageLogs(context, stage, attentionImages(model, heldOut, { classNames, preprocess }));
  const views = studentViews(settings, teacherImageSize);
  const history = await withTrainingImages(context, views, (source) =>
    use(source, async (task, { logits, hints, hintOptions } = {}) => {
      const mixed =
        recipe.mixing === undefined
          ? source
          : mixedSource(source, { ...recipe.mixing, classes: classNames.length });
      const { optimizer, ...step } = recipeStep(withoutEma, model, mixed, { depth, ...(hints && { hints }) });
      const work = {
        ...{ settings, folder, classNames, logits, hints: hintOptions, backend: tf.getBackend() },
        labels: labelData(data),
      };
      const fitted = fitWithProgress(task, optimizer, mixed, {
        ...{ label: name, output, ...step, ...(ema && { ema }), ...(signal && { signal }) },
        ...{ epochs: recipe.epochs, microBatchSize, validationData: judged },
        ...(run.keepBest && { keepBest: bestLog(settings) }),
        ...{ replicas: replicasOf(run), setup: replicaOf(stage, work) },
        checkpoint: stageCheckpoints(folder, stage, settings, output),
        callbacks: [
          { onTrainBegin: () => keepEpochs(folder, settings) },
          ...logs.callbacks,
          ...earlyStopping(settings),
        ],
      });
      const history = await fitted.finally(() => optimizer.dispose());
      ema?.copyToModel();
      return history;
    }),
  ).finally(() => ema?.dispose());
  const saved = model.outputs.length === 1 ? model : averageHeads(model);
  noteUse(context, saved);
  const measured = await whileBusy(output, `judging the ${name}`, () =>
    measure(layersClassifier(saved).teacher!, heldOut, microBatchSize, data.all.multiHot !== undefined),
  );
  const { figures } = logs.meter;
  return { model: saved, result: { name, params: model.countParams(), ...measured, ...figures, history } };
}
