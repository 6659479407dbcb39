import { bit, bitSizes } from "bit-teacher";
import { Classifier } from "distill-trainer";
import { measure } from "../judge/measure.ts";
import { setInputRange, toInputRange } from "../models/input-range.ts";
import { addNotes } from "../models/notes.ts";
import type { InputRange } from "../models/read-input-range.ts";
import type { RunContext } from "../runs/context.ts";
import { stageCheckpoints } from "../runs/stages.ts";
import { microBatchSizeOf } from "../settings/pace.ts";
import { fitWithProgress } from "../training/fit-with-progress.ts";
import { heldOutImages, withTrainingImages } from "../training/image-sources.ts";
import { deitOptimizer } from "../training/optimizer.ts";
import { stageFigures } from "../training/stage-figures.ts";
import { stageLogs } from "../training/stage-logs.ts";
import type { ReadyTeacher } from "./teacher.ts";
import { teacherOf } from "./teacher-of.ts";

/** What BiT was made for. */
const RANGE: InputRange = [-1, 1];

/** Trains a tiny BiT from scratch: the teacher where no other is given. */
export async function trainBitTeacher(context: RunContext): Promise<ReadyTeacher> {
  const { settings, data, output, folder, signal } = context;
  const { imageSize, teacherEpochs: epochs, seed } = settings;
  const microBatchSize = microBatchSizeOf(settings);
  const model = bit({ ...bitSizes.tiny, imageSize, classes: data.classNames.length, seed });
  setInputRange(model, RANGE);
  addNotes(model, { classNames: data.classNames, outputs: "logits" });
  const preprocess = toInputRange(RANGE);
  const classifier = new Classifier(model);
  const heldOut = await heldOutImages(context, imageSize);
  const { history } = await withTrainingImages(context, { imageSize }, (source) => {
    const { teacherLearningRate: learningRate, weightDecay } = settings;
    const optimizer = deitOptimizer(model, source, { learningRate, weightDecay, epochs, warmupEpochs: 1 });
    classifier.compile({ optimizer, preprocess });
    const checkpoint = stageCheckpoints(folder, "teacher", settings, output);
    const data = { validationData: heldOut, checkpoint, callbacks: stageLogs(context, "teacher") };
    const fit = { epochs, microBatchSize, ...data, ...(signal && { signal }) };
    return fitWithProgress("teacher", classifier, source, fit, output).finally(() => optimizer.dispose());
  });
  const teacher = teacherOf(model, data.classNames);
  const measured = await measure(teacher, heldOut, microBatchSize);
  return {
    teacher,
    model,
    imageSize,
    description: "a tiny BiT ResNet-v2, trained from scratch",
    result: {
      name: "teacher",
      params: model.countParams(),
      ...measured,
      ...(await stageFigures(folder, "teacher")),
      history,
    },
  };
}
