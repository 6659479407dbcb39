import { Classifier, layersTeacher } from "distill-trainer";
import type { RunContext } from "../context.ts";
import { heldOutImages, withTrainingImages } from "../data/image-sources.ts";
import { stageCheckpoints } from "../files/stages.ts";
import { measure } from "../measure.ts";
import { deitOptimizer } from "../optimizer.ts";
import { fitWithProgress } from "../terminal/fit-with-progress.ts";
import { stageFigures } from "../watch/stage-figures.ts";
import { stageLogs } from "../watch/stage-logs.ts";
import { convTeacher } from "./conv-teacher.ts";
import { type InputRange, setInputRange, toInputRange } from "./input-range.ts";
import type { ReadyTeacher } from "./teacher.ts";

const UNIT: InputRange = [0, 1];

/** Trains a small convolutional network from scratch: the teacher where no other is given. */
export async function trainConvTeacher(context: RunContext): Promise<ReadyTeacher> {
  const { settings, data, output, folder, signal } = context;
  const { imageSize, teacherEpochs: epochs, microBatchSize, seed } = settings;
  const model = convTeacher(imageSize, data.classNames.length, seed);
  setInputRange(model, UNIT);
  const preprocess = toInputRange(UNIT);
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
  const measured = await measure((source) => classifier.evaluateDataset(source, { microBatchSize }), heldOut);
  return {
    teacher: layersTeacher(model, preprocess),
    model,
    preprocess,
    imageSize,
    description: "a small convolutional network, trained from scratch",
    result: {
      name: "teacher",
      params: model.countParams(),
      ...measured,
      ...(await stageFigures(folder, "teacher")),
      history,
    },
  };
}
