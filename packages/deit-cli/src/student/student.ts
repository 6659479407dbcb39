import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { averageHeads, deit, vit } from "deit-model";
import {
  Classifier,
  compileRecipe,
  Distiller,
  mixedSource,
  normalize,
  type Recipe,
  toUnitRange,
} from "distill-trainer";
import type { LogitStoreOptions } from "distill-trainer/node";
import type { ImageSource } from "image-source/node";
import { emaWarmup, ModelEma } from "tfjs-optim";
import type { DataSource } from "train-loop";
import { measure } from "../judge/measure.ts";
import { loadInitialWeights } from "../models/initial-weights.ts";
import { setInputRange } from "../models/input-range.ts";
import { addNotes, answersOf } from "../models/notes.ts";
import type { RunContext } from "../runs/context.ts";
import { keepEpochs } from "../runs/resumed-epochs.ts";
import type { ModelResult } from "../runs/run-result.ts";
import { stageCheckpoints } from "../runs/stages.ts";
import { microBatchSizeOf, replicasOf } from "../settings/pace.ts";
import { studentRecipe } from "../settings/recipe-settings.ts";
import { studentConfig } from "../settings/student-config.ts";
import { withStoredLogits } from "../teacher/stored-logits.ts";
import type { ReadyTeacher } from "../teacher/teacher.ts";
import { attentionImages } from "../training/attention-images.ts";
import { type Fitted, fitWithProgress } from "../training/fit-with-progress.ts";
import { heldOutImages, withTrainingImages } from "../training/image-sources.ts";
import { stageFigures } from "../training/stage-figures.ts";
import { stageLogs } from "../training/stage-logs.ts";
import { studentViews } from "../training/student-views.ts";
import { replicaOf } from "./replica.ts";

/** A student after its training. */
export interface TrainedStudent {
  /** One output: logits, those of a distilled student averaged over its heads. */
  readonly model: tfl.LayersModel;
  readonly result: ModelResult;
}

/** A vision transformer trained on the labels alone. */
export async function trainAlone(context: RunContext): Promise<TrainedStudent> {
  const { settings, data } = context;
  const model = vit(studentConfig(settings, data.classNames.length));
  const trainer = new Classifier(model);
  return train("student alone", context, model, settings.imageSize, (_, fit) => fit(trainer));
}

/** The same transformer with a second token that learns the teacher's answers. */
export async function trainDistilled(context: RunContext, ready: ReadyTeacher): Promise<TrainedStudent> {
  const { settings, data } = context;
  const student = deit(studentConfig(settings, data.classNames.length));
  return train("student distilled", context, student, ready.imageSize, (source, fit) =>
    withStoredLogits(context, ready, source, (teacher, logits) =>
      fit(new Distiller({ student, teacher }), logits),
    ),
  );
}

/** Notes in a model what it needs to be used without its run. */
function noteUse({ settings, data }: RunContext, model: tfl.LayersModel): void {
  const { normalization, images } = studentRecipe(settings);
  const ratio = images.centerCrop?.ratio;
  addNotes(model, {
    classNames: data.classNames,
    upright: data.upright,
    outputs: "logits",
    ...(normalization && { normalization }),
    ...(ratio !== undefined && { centerCrop: ratio }),
  });
  if (normalization === undefined) setInputRange(model, [0, 1]);
}

function mixed(source: ImageSource, { mixing }: Recipe, classes: number): DataSource {
  return mixing === undefined ? source : mixedSource(source, { ...mixing, classes });
}

type Trainer = Classifier | Distiller;
type Fit = (trainer: Trainer, logits?: LogitStoreOptions) => Promise<Fitted>;

/** Trains a model: `use` makes the trainer for the source and gives it to `fit`. */
async function train(
  name: "student alone" | "student distilled",
  context: RunContext,
  model: tfl.LayersModel,
  teacherImageSize: number,
  use: (source: ImageSource, fit: Fit) => ReturnType<Fit>,
): Promise<TrainedStudent> {
  const { settings, output, folder, signal } = context;
  const { imageSize, epochs, weights, emaDecay, depth } = settings;
  const [microBatchSize, replicas] = [microBatchSizeOf(settings), replicasOf(settings)];
  const stage = name === "student alone" ? "student-alone" : "student-distilled";
  const checkpoint = stageCheckpoints(folder, stage, settings, output);
  const recipe = studentRecipe(settings);
  const heldOut = await heldOutImages(context, imageSize, recipe.images.centerCrop);
  if (weights !== undefined) await loadInitialWeights(model, weights);
  // Made after the weights are there: it starts as a copy of them.
  const ema = emaDecay > 0 ? new ModelEma(model, { decay: emaWarmup({ decay: emaDecay }) }) : undefined;
  const views = studentViews(settings, teacherImageSize);
  const { classNames } = context.data;
  const preprocess = recipe.normalization === undefined ? toUnitRange : normalize(recipe.normalization);
  const callbacks = [
    { onTrainBegin: () => keepEpochs(folder, settings) }, // the trainer goes on with them
    ...stageLogs(context, stage, attentionImages(model, heldOut, { classNames, preprocess })),
  ];
  const { history } = await withTrainingImages(context, views, (source) =>
    use(source, async (made, logits) => {
      const data = mixed(source, recipe, classNames.length);
      made.compile({ ...compileRecipe(recipe, model, data, { depth }), ...(ema && { ema }) });
      const run = { validationData: heldOut, checkpoint, callbacks, ...(signal && { signal }) };
      const work = { settings, folder, classNames, logits, backend: tf.getBackend() };
      const setup = replicaOf(stage, work);
      const fit = { epochs, microBatchSize, replicas, setup, ...run };
      const fitted = await fitWithProgress(name, made, data, fit, output);
      ema?.copyToModel();
      return fitted;
    }),
  ).finally(() => ema?.dispose());
  const judged = stage === "student-alone" ? model : averageHeads(model);
  noteUse(context, judged);
  const measured = await measure(answersOf(judged), heldOut, microBatchSize);
  const figures = await stageFigures(folder, stage);
  return { model: judged, result: { name, params: model.countParams(), ...measured, ...figures, history } };
}
