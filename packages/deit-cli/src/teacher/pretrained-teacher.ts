import * as tfl from "@tensorflow/tfjs-layers";
import type { Preprocess } from "distill-trainer";
import { extractFeatures, type Features, trainHead } from "distill-trainer";
import type { SampleStore } from "image-source";
import { measure } from "../judge/measure.ts";
import { inputRangeOf, setInputRange } from "../models/input-range.ts";
import { addNotes, centerCropOf, notesOf, pixelsInWords, preprocessOf } from "../models/notes.ts";
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
  const { imageSize, features } = backbone;
  const preprocess = preprocessOf(backbone.model);
  output.write(`teacher: input is ${pixelsInWords(backbone.model)}\n`);
  const { model, description, history } =
    features === undefined
      ? { model: backbone.model, description: "a classifier from disk", history: {} }
      : await probe(context, features, imageSize, preprocess);
  const notes = { ...backbone.model.getUserDefinedMetadata() };
  // A probe makes a new model, of the data's classes.
  const own = features === undefined ? {} : { classNames: data.classNames, outputs: "logits" as const };
  model.setUserDefinedMetadata({ ...notes, ...own });
  if (notesOf(model).normalization === undefined) setInputRange(model, inputRangeOf(backbone.model));
  const teacher = teacherOf(model, data.classNames);
  const measured = await whileBusy(output, "judging the teacher", async () => {
    const heldOut = await heldOutImages(context, imageSize, centerCropOf(model));
    return measure(teacher, heldOut, microBatchSizeOf(settings.run));
  });
  if (teacher.outputs !== undefined) addNotes(model, { outputs: teacher.outputs });
  output.write(
    `teacher: output is ${teacher.outputs === "sigmoid" ? "a sigmoid's outputs" : teacher.outputs}\n`,
  );
  const promised = history.val_accuracy?.at(-1);
  const warning = teacherWarning({ ...measured, labels: data.validation.labels, promised });
  if (warning !== undefined) output.write(`${warning}\n`);
  const result: ModelResult = { name: "teacher", params: model.countParams(), ...measured, history };
  return { teacher, model, imageSize, description, result };
}

/** A backbone with a linear probe that is trained on its features. */
async function probe(
  context: RunContext,
  model: tfl.LayersModel,
  imageSize: number,
  preprocess: Preprocess,
): Promise<Pick<ReadyTeacher, "model" | "description"> & Pick<ModelResult, "history">> {
  const { data } = context;
  const train = await featuresOf(context, model, imageSize, preprocess, data.train, "training");
  const heldOut = await featuresOf(context, model, imageSize, preprocess, data.validation, "held-out");
  const { probed, history } = await probeOn(context, model, train, heldOut);
  return {
    model: probed,
    description: "a pretrained network, frozen, with a linear probe trained on its features",
    history,
  };
}

/** A frozen backbone's features of whole pictures. */
export async function featuresOf(
  context: RunContext,
  model: tfl.LayersModel,
  imageSize: number,
  preprocess: Preprocess,
  store: SampleStore,
  name: string,
): Promise<Features> {
  const line = liveLine(context.output);
  const text = (done: number): string => `teacher  features of ${name} photos  ${done}/${store.size}`;
  line.show(text(0));
  const features = await withWholeImages(context, store, imageSize, (source) =>
    extractFeatures(model, source, {
      preprocess,
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
  model: tfl.LayersModel,
  train: Features,
  heldOut: Features,
  label = "teacher",
): Promise<{ readonly probed: tfl.LayersModel; readonly history: ModelResult["history"] }> {
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
  const logits = head.apply(model.outputs[0]!) as tfl.SymbolicTensor;
  return {
    probed: tfl.model({ inputs: model.inputs, outputs: logits, name: "probed_teacher" }),
    history: history.history as ModelResult["history"],
  };
}
