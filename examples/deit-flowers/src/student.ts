import type * as tfl from "@tensorflow/tfjs-layers";
import { averageHeads, deit, type VitConfig, vit } from "deit-model";
import { Classifier, type DataSource, Distiller } from "distill-trainer";
import type { RunContext } from "./context.ts";
import { heldOutImages, withTrainingImages } from "./data/image-sources.ts";
import { stageCheckpoints } from "./files/stages.ts";
import { measure } from "./measure.ts";
import { deitOptimizer } from "./optimizer.ts";
import type { ModelResult } from "./run-result.ts";
import type { Settings } from "./settings.ts";
import type { ReadyTeacher } from "./teacher/teacher.ts";
import { fitWithProgress } from "./terminal/fit-with-progress.ts";
import { attentionImages } from "./watch/attention-images.ts";
import { stageFigures } from "./watch/stage-figures.ts";
import { stageLogs } from "./watch/stage-logs.ts";

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
  const compile = (source: DataSource): void =>
    trainer.compile({
      optimizer: studentOptimizer(model, source, settings),
      labelSmoothing: settings.labelSmoothing,
    });
  const result = await train("student alone", context, trainer, compile, settings.imageSize);
  return { model, result: { ...result, params: model.countParams() } };
}

/** The same transformer with a second token that learns the teacher's answers. */
export async function trainDistilled(
  context: RunContext,
  { teacher, imageSize: teacherImageSize }: ReadyTeacher,
): Promise<TrainedStudent> {
  const { settings, data } = context;
  const student = deit(studentConfig(settings, data.classNames.length));
  const trainer = new Distiller({ student, teacher });
  const { labelSmoothing, alpha } = settings;
  const compile = (source: DataSource): void =>
    trainer.compile({ optimizer: studentOptimizer(student, source, settings), labelSmoothing, alpha });
  const result = await train("student distilled", context, trainer, compile, teacherImageSize);
  return { model: averageHeads(student), result: { ...result, params: student.countParams() } };
}

async function train(
  name: "student alone" | "student distilled",
  context: RunContext,
  trainer: Classifier | Distiller,
  compile: (source: DataSource) => void,
  teacherImageSize: number,
): Promise<Omit<ModelResult, "params">> {
  const { settings, output, folder, signal } = context;
  const stage = name === "student alone" ? "student-alone" : "student-distilled";
  const checkpoint = stageCheckpoints(folder, stage, settings, output);
  const { imageSize, epochs, microBatchSize } = settings;
  const heldOut = await heldOutImages(context, imageSize);
  const sizes = teacherImageSize === imageSize ? { imageSize } : { imageSize, teacherImageSize };
  const model = trainer instanceof Distiller ? trainer.student : trainer.model;
  const { classNames } = context.data;
  const callbacks = stageLogs(context, stage, attentionImages(model, heldOut, { classNames }));
  const { history } = await withTrainingImages(context, sizes, (source) => {
    compile(source);
    const data = { validationData: heldOut, checkpoint, callbacks };
    const fit = { epochs, microBatchSize, ...data, ...(signal && { signal }) };
    return fitWithProgress(name, trainer, source, fit, output);
  });
  const measured = await measure((source) => trainer.evaluateDataset(source, { microBatchSize }), heldOut);
  return { name, ...measured, ...(await stageFigures(folder, stage)), history };
}

function studentConfig(settings: Settings, classes: number): VitConfig {
  const { imageSize, patchSize, dim, depth, heads, mlpRatio, dropPath: dropPathRate, seed } = settings;
  return { imageSize, patchSize, dim, depth, heads, mlpRatio, dropPathRate, classes, seed, init: "timm" };
}

function studentOptimizer(model: tfl.LayersModel, source: DataSource, settings: Settings) {
  const { learningRate, weightDecay, epochs, warmupEpochs } = settings;
  return deitOptimizer(model, source, { learningRate, weightDecay, epochs, warmupEpochs });
}
