import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { layersTeacher, normalize, type Preprocess, toUnitRange } from "distill-trainer";
import type { ImageBatch } from "image-source";
import { type Classifier, openClassifier } from "open-classifier";
import { type RgbImage, resizeBilinear } from "vision-augment";
import { attentionOf } from "../attention/attention-of.ts";
import { scaleEnds } from "../attention/color-bar.ts";
import { oneOfEachClass } from "../attention/one-a-class.ts";
import { attentionPanels, type Panel } from "../attention/panels.ts";
import { areDifferent } from "../attention/scales.ts";
import type { SourceOf } from "../data/in-memory.ts";
import { photoUri } from "../html/data-uri.ts";
import { best, worstMistakes } from "../judge/judgement.ts";
import { namesOf } from "../judge/multi-label.ts";
import { type Predictions, predictionsOf } from "../judge/predictions.ts";
import type { RunContext } from "../runs/context.ts";
import { stagesOf } from "../runs/stages.ts";
import { microBatchSizeOf } from "../settings/pace.ts";
import type { StageName } from "../stage-name.ts";
import { teacherOf } from "../teacher/teacher-of.ts";
import { heldOutImages } from "../training/image-sources.ts";
import "../models/known-layers.ts";
import type { Evidence, JudgedModel, ShownAttention, ShownMap, ShownMistake } from "./evidence.ts";

const MISTAKES = 6;
/** Classes whose attention is shown at most. */
const CLASSES = 12;
/** Side of a shown picture in pixels. */
const SIDE = 192;

/** A held-out picture, as a model's input. */
interface HeldOut {
  /** Among all held-out pictures, from which those that were skipped are missing. */
  readonly sample: number;
  readonly image: RgbImage;
}

/** Evaluates a finished run's models on the held-out pictures; mistakes and attention are those of the last, a student. */
export async function gatherEvidence(context: RunContext): Promise<Evidence> {
  const { folder, data, settings } = context;
  const { classNames } = data;
  const models: (JudgedModel & { readonly samples: readonly number[] })[] = [];
  let shown: Pick<Evidence, "mistakes" | "attention"> = { mistakes: [], attention: [] };
  const stages = stagesOf(settings.run);
  const [lastStage, student] = stages.at(-1)!;
  for (const [stage, name] of stages) {
    const model = await openClassifier(join(folder, stage));
    const { preprocess, centerCrop, answers } = viewOf(context, stage, model);
    const source = await heldOutImages(context, model.imageSize, centerCrop);
    const { multiLabel } = model.notes;
    const predictions = await predictionsOf(answers, source, microBatchSizeOf(settings.run), multiLabel);
    const pictures = await picturesOf(source);
    models.push({ name, predictions, samples: pictures.map(({ sample }) => sample) });
    if (stage === lastStage) {
      const chosen = oneOfEachClass(predictions, classNames.length).slice(0, CLASSES);
      const labeled = chosen.map((i) => ({
        label: namesOf(classNames, predictions.labels[i]!, predictions.targets?.[i]),
        image: pictures[i]!.image,
      }));
      shown = {
        mistakes: predictions.targets ? [] : await showMistakes(context, predictions, pictures, models),
        attention: await showAttention(model.layersModel!, labeled, preprocess),
      };
    }
    model.dispose();
  }
  return { classNames, models, student, folder, ...shown };
}

/** How pictures are shown to a model: students by the settings, a teacher by its notes. */
function viewOf({ settings, data }: RunContext, stage: StageName, model: Classifier) {
  if (stage === "teacher") {
    const { preprocess, centerCrop } = model;
    return { answers: teacherOf(model, data.classNames), preprocess, centerCrop };
  }
  const { normalization, images } = settings.recipe;
  const preprocess = normalization === undefined ? toUnitRange : normalize(normalization);
  const answers = layersTeacher(model.layersModel!, { preprocess, outputs: "logits" });
  return { answers, preprocess, centerCrop: images.centerCrop };
}

async function picturesOf(source: SourceOf<ImageBatch>): Promise<HeldOut[]> {
  const pictures: HeldOut[] = [];
  for await (const { images, indices, shape } of source.batches(0)) {
    const [, height, width] = shape;
    const size = images.length / indices.length;
    for (const [row, sample] of indices.entries()) {
      const data = images.subarray(row * size, (row + 1) * size);
      pictures.push({ sample, image: { data, width, height } });
    }
  }
  return pictures;
}

function showMistakes(
  { data }: RunContext,
  predictions: Predictions,
  pictures: readonly HeldOut[],
  models: readonly (JudgedModel & { readonly samples: readonly number[] })[],
): Promise<ShownMistake[]> {
  const mistakes = worstMistakes(predictions, MISTAKES);
  return Promise.all(
    mistakes.map(async ({ index, label }) => {
      const { image, sample } = pictures[index]!;
      return {
        source: await photoUri(enlarged(image)),
        key: data.validation.keys[sample]!,
        label: data.classNames[label]!,
        answers: models.flatMap(({ name, predictions: { probabilities }, samples }) => {
          const row = probabilities[samples.indexOf(sample)]; // none where this model was not shown it
          if (row === undefined) return [];
          return [{ name, predicted: data.classNames[best(row)]!, probability: row[best(row)]! }];
        }),
      };
    }),
  );
}

/** Draws attention over pictures, by one forward pass. */
async function showAttention(
  model: tfl.LayersModel,
  pictures: readonly { readonly label: string; readonly image: RgbImage }[],
  preprocess: Preprocess,
): Promise<ShownAttention[]> {
  const [first] = pictures;
  if (first === undefined) return [];
  const { width, height } = first.image;
  const size = width * height * 3;
  const pixels = new Float32Array(pictures.length * size);
  for (const [i, { image }] of pictures.entries()) pixels.set(image.data, i * size);
  const input = tf.tidy(() => preprocess(tf.tensor4d(pixels, [pictures.length, height, width, 3])));
  const attention = await attentionOf(model, input).finally(() => input.dispose());
  const shape = { withDifference: areDifferent(attention) };
  return Promise.all(
    pictures.map(async ({ label, image }, i) => {
      const [photo, ...maps] = attentionPanels(enlarged(image), attention[i]!, shape);
      const [shares, difference] = await Promise.all(maps.map(showMap));
      const source = await photoUri(photo!.image);
      return { source, label, shares: shares!, ...(difference && { difference }) };
    }),
  );
}

async function showMap({ image, scale }: Panel): Promise<ShownMap> {
  return { source: await photoUri(image), ends: scaleEnds(scale!) };
}

/** A picture at the size that it is shown with. */
function enlarged(image: RgbImage): RgbImage {
  const { width, height } = image;
  const scale = SIDE / Math.max(width, height);
  const [rows, columns] = [height, width].map((side) => Math.max(1, Math.round(side * scale)));
  return resizeBilinear(image, rows!, columns!, { antialias: true });
}
