import * as tfl from "@tensorflow/tfjs-layers";
import { extractFeatures, type Features, trainHead } from "distill-trainer";
import type { SampleStore } from "image-source";
import {
  addNotes,
  type Classifier,
  type ClassifierFeatures,
  type InputOrigin,
  layersClassifier,
  withHead,
} from "open-classifier";
import type { PictureSize } from "vision-augment";
import { measure } from "../judge/measure.ts";
import type { RunContext } from "../runs/context.ts";
import type { ModelResult } from "../runs/run-result.ts";
import { microBatchSizeOf } from "../settings/pace.ts";
import { liveLine } from "../terminal/live-line.ts";
import { trainingProgress } from "../terminal/training-progress.ts";
import { whileBusy } from "../terminal/while-busy.ts";
import { heldOutImages, withWholeImages } from "../training/image-sources.ts";
import type { Backbone } from "./backbone.ts";
import type { ReadyTeacher } from "./teacher.ts";
import { teacherOf } from "./teacher-of.ts";
import { teacherWarning } from "./teacher-warning.ts";

const PROBE_BATCH = 128;
/** Epochs between printed lines; an epoch takes a moment. */
const LINE_EVERY = 10;

/** A model from disk as the teacher: unchanged if it has the data's classes, else with a linear probe on its features. */
export async function preparePretrainedTeacher(
  context: RunContext,
  backbone: Backbone,
): Promise<ReadyTeacher> {
  const { data, output, settings } = context;
  const { features } = backbone;
  const { imageSize, centerCrop, input, found } = backbone.classifier;
  output.write(`teacher: ${found}\n`);
  output.write(`teacher: input is ${input.words}${ORIGINS[input.from]}\n`);
  const { classifier, description, history } =
    features === undefined
      ? { classifier: backbone.classifier, description: "a classifier from disk", history: {} }
      : await probe(context, backbone.classifier, features);
  const teacher = teacherOf(classifier, data.classNames);
  const measured = await whileBusy(output, "judging the teacher", async () => {
    const heldOut = await heldOutImages(context, imageSize, centerCrop);
    return measure(teacher, heldOut, microBatchSizeOf(settings.run));
  });
  const { outputs } = teacher;
  output.write(`teacher: output is ${outputs === "sigmoid" ? "a sigmoid's outputs" : outputs}\n`);
  const promised = history.val_accuracy?.at(-1);
  const warning = teacherWarning({ ...measured, labels: data.validation.labels, promised });
  if (warning !== undefined) output.write(`${warning}\n`);
  const result: ModelResult = { name: "teacher", params: classifier.parameters, ...measured, history };
  return { teacher, classifier, notes: { outputs }, imageSize, description, result };
}

/** Where a model's input is known from, for people. */
const ORIGINS: Readonly<Record<InputOrigin, string>> = {
  noted: " (from its notes)",
  file: " (from the files beside it)",
  read: " (from its first layer)",
  assumed: " (assumed; see --teacher-pixels)",
};

/** A backbone with a linear probe that is trained on its features. */
async function probe(
  context: RunContext,
  backbone: Classifier,
  model: ClassifierFeatures,
): Promise<Pick<ReadyTeacher, "classifier" | "description"> & Pick<ModelResult, "history">> {
  const { data } = context;
  const { imageSize } = backbone;
  const train = await featuresOf(context, model, imageSize, data.train, "training");
  const heldOut = await featuresOf(context, model, imageSize, data.validation, "held-out");
  const { probed, history } = await probeOn(context, backbone, model, train, heldOut);
  return {
    classifier: probed,
    description: "a pretrained network, frozen, with a linear probe trained on its features",
    history,
  };
}

/** A frozen backbone's features of whole pictures. */
export async function featuresOf(
  context: RunContext,
  model: ClassifierFeatures,
  imageSize: PictureSize,
  store: SampleStore,
  name: string,
): Promise<Features> {
  const line = liveLine(context.output);
  const text = (done: number): string => `teacher  features of ${name} photos  ${done}/${store.size}`;
  line.show(text(0));
  const features = await withWholeImages(context, store, imageSize, (source) =>
    extractFeatures(model, source, {
      onProgress: (done) => {
        context.signal?.throwIfAborted(); // minutes may be left
        line.update(() => text(done));
      },
    }),
  );
  line.finish(text(features.labels.length));
  return features;
}

/** Trains a linear probe on features, and returns the backbone with it. */
export async function probeOn(
  { settings, data, output }: RunContext,
  backbone: Classifier,
  model: ClassifierFeatures,
  train: Features,
  heldOut: Features,
  label = "teacher",
): Promise<{ readonly probed: Classifier; readonly history: ModelResult["history"] }> {
  const { seed, teacherEpochs: epochs, teacherLearningRate: learningRate } = settings.run;
  const classes = data.classNames.length;
  const stepsPerEpoch = Math.ceil(train.labels.length / PROBE_BATCH);
  const callbacks = trainingProgress({
    label,
    epochs,
    stepsPerEpoch,
    output,
    lineEvery: LINE_EVERY,
  });
  const training = { classes, epochs, learningRate, batchSize: PROBE_BATCH, seed, heldOut, callbacks };
  const { head, history } = await trainHead(train, training);
  return {
    probed: withProbe(backbone, model, head, data.classNames),
    history: history.history as ModelResult["history"],
  };
}

/** A backbone with a head: one layers model where it is one itself. */
function withProbe(
  backbone: Classifier,
  { layersModel: model, width }: ClassifierFeatures,
  head: tfl.layers.Layer,
  classNames: readonly string[],
): Classifier {
  if (model === undefined) {
    const features = tfl.input({ shape: [width] });
    const outputs = head.apply(features) as tfl.SymbolicTensor;
    return withHead(backbone, tfl.model({ inputs: features, outputs }), { classNames });
  }
  const logits = head.apply(model.outputs[0]!) as tfl.SymbolicTensor;
  const probed = tfl.model({ inputs: model.inputs, outputs: logits, name: "probed_teacher" });
  // A probe makes a new model, of the data's classes.
  const { temperature: _, multiLabel: __, ...notes } = backbone.notes;
  probed.setUserDefinedMetadata({ ...backbone.layersModel?.getUserDefinedMetadata() });
  addNotes(probed, { temperature: undefined, multiLabel: undefined });
  addNotes(probed, { ...notes, ...backbone.input.notes, classNames, outputs: "logits" });
  return layersClassifier(probed, { path: backbone.path });
}
