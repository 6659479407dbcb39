import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { type FeatureHints, mixedSource, normalize, recipeStep, toUnitRange } from "distill-trainer";
import type { ImageBatch } from "image-source";
import type { ImageSource } from "image-source/node";
import { emaWarmup, ModelEma } from "tfjs-optim";
import type { Task } from "train-loop";
import type { PictureSize } from "vision-augment";
import { firstOf } from "../data/first-of.ts";
import type { SourceOf } from "../data/in-memory.ts";
import { setInitialWeights } from "../models/initial-weights.ts";
import type { Teaching } from "../ranks/messages.ts";
import type { RunContext } from "../runs/context.ts";
import { keepEpochs } from "../runs/resumed-epochs.ts";
import type { ModelResult } from "../runs/run-result.ts";
import { nameOf, stageCheckpoints } from "../runs/stages.ts";
import { bestLog, earlyStopping, isByHeldOut } from "../settings/kept-epoch.ts";
import { microBatchSizeOf, replicasOf } from "../settings/pace.ts";
import type { StudentStage } from "../stage-name.ts";
import { whileBusy } from "../terminal/while-busy.ts";
import { attentionImages } from "../training/attention-images.ts";
import { fitWithProgress } from "../training/fit-with-progress.ts";
import { heldOutImages, withTrainingImages } from "../training/image-sources.ts";
import { stageLogs } from "../training/stage-logs.ts";
import type { StageMeter } from "../training/stage-meter.ts";
import { replicaOf } from "./replica.ts";
import { labelData } from "./student-task.ts";
import { studentViews } from "./student-views.ts";

type History = ModelResult["history"];

/** Trains a task, which may have hints. @param teaching - Of replicas and other ranks, which build the task themselves. */
export type FitStudent = (task: Task, hints?: FeatureHints, teaching?: Teaching) => Promise<History>;

/** A student after its training. */
export interface FittedStudent {
  readonly heldOut: SourceOf<ImageBatch>;
  readonly meter: StageMeter;
  readonly history: History;
}

/**
 * Trains a student as every rank does it: `use` makes the task for the source and passes it to `fit`. Initial weights are those of
 * rank 0.
 */
export async function fitStudent(
  stage: StudentStage,
  context: RunContext,
  model: tfl.LayersModel,
  teacherImageSize: PictureSize,
  use: (source: ImageSource, fit: FitStudent) => Promise<History>,
): Promise<FittedStudent> {
  const { settings, output, folder, signal, data, ranks } = context;
  const { run, recipe } = settings;
  const { imageSize, depth } = settings.model;
  const { classNames } = data;
  const microBatchSize = microBatchSizeOf(run);
  const heldOut = await whileBusy(output, "decoding the held-out pictures", () =>
    heldOutImages(context, imageSize, recipe.images.centerCrop),
  );
  const judged = isByHeldOut(settings) ? heldOut : firstOf(heldOut, data.judgedByEpoch);
  if (ranks?.isRoot !== false) await setInitialWeights(model, settings.model, run.seed);
  // Its own average, with a warm-up: a constant decay would hardly leave the initial weights in a short run.
  const { emaDecay, ...withoutEma } = recipe;
  const ema =
    emaDecay === undefined ? undefined : new ModelEma(model, { decay: emaWarmup({ decay: emaDecay }) });
  const preprocess = recipe.normalization === undefined ? toUnitRange : normalize(recipe.normalization);
  const logs = stageLogs(context, stage, attentionImages(model, heldOut, { classNames, preprocess }));
  const views = studentViews(settings, teacherImageSize);
  const history = await withTrainingImages(context, views, (source) =>
    use(source, async (task, hints, teaching = {}) => {
      if (ranks?.isRoot) await ranks.tell({ kind: "teach", teaching });
      const mixed =
        recipe.mixing === undefined
          ? source
          : mixedSource(source, { ...recipe.mixing, classes: classNames.length });
      const { optimizer, ...step } = recipeStep(withoutEma, model, mixed, { depth, ...(hints && { hints }) });
      const work = {
        ...{ stage, settings, folder, classNames, labels: labelData(data), backend: tf.getBackend() },
        ...{ logits: teaching.logits, hints: teaching.hints },
      };
      const fitted = fitWithProgress(task, optimizer, mixed, {
        ...{ label: nameOf(stage), output, ranks, ...step, ...(ema && { ema }), ...(signal && { signal }) },
        ...{ epochs: recipe.epochs, microBatchSize, validationData: judged },
        ...(run.keepBest && { keepBest: bestLog(settings) }),
        ...{ replicas: replicasOf(run, undefined, ranks?.cores), setup: replicaOf(work) },
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
  return { heldOut, meter: logs.meter, history };
}
