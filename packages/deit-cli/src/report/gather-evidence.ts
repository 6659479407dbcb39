import { join } from "node:path";
import type * as tfl from "@tensorflow/tfjs-layers";
import { layersTeacher, normalize, toUnitRange } from "distill-trainer";
import type { ImageBatch } from "image-source";
import type { SourceOf } from "../data/in-memory.ts";
import { toByteImage } from "../data/to-byte-image.ts";
import { type Mistake, worstMistakes } from "../judge/judgement.ts";
import { predictionsOf } from "../judge/predictions.ts";
import { loadLayersModelFile } from "../models/layers-model-files.ts";
import type { RunContext } from "../runs/context.ts";
import { stagesOf } from "../runs/stages.ts";
import type { StageName } from "../stage-name.ts";
import { heldOutImages } from "../training/image-sources.ts";
import "../models/known-layers.ts";
import { imageUri } from "../html/data-uri.ts";
import { centerCropOf, preprocessOf } from "../models/notes.ts";
import { microBatchSizeOf } from "../settings/pace.ts";
import { teacherOf } from "../teacher/teacher-of.ts";
import { attentionImages } from "../training/attention-images.ts";
import type { Evidence, JudgedModel, ShownMistake, ShownPicture } from "./evidence.ts";

const MISTAKES = 12;
const ATTENTION = 4;

/** Evaluates a finished run's models on the held-out pictures; mistakes and attention are those of the last, a student. */
export async function gatherEvidence(context: RunContext): Promise<Evidence> {
  const { folder, data, settings } = context;
  const { classNames } = data;
  const models: JudgedModel[] = [];
  let mistakes: ShownMistake[] = [];
  let attention: ShownPicture[] = [];
  const stages = stagesOf(settings.run);
  const [lastStage, student] = stages.at(-1)!;
  for (const [stage, name] of stages) {
    const model = await loadLayersModelFile(join(folder, stage));
    const { preprocess, centerCrop, answers } = viewOf(context, stage, model);
    const pictures = await heldOutImages(context, model.inputs[0]!.shape[1]!, centerCrop);
    const predictions = await predictionsOf(answers, pictures, microBatchSizeOf(settings.run));
    models.push({ name, predictions });
    if (stage === lastStage) {
      mistakes = await show(context, worstMistakes(predictions, MISTAKES), pictures);
      const draw = attentionImages(model, pictures, { classNames, preprocess, count: ATTENTION });
      attention = await Promise.all(
        (await draw()).map(async ({ name: title, data: pixels, width, height }) => ({
          source: await imageUri({ data: pixels, width, height }),
          label: title.split(" ").slice(1).join(" "), // after `attention/<i>`
        })),
      );
    }
    model.dispose();
  }
  return { classNames, models, student, mistakes, attention };
}

/** How pictures are shown to a model: students by the settings, a teacher by its notes. */
function viewOf({ settings, data }: RunContext, stage: StageName, model: tfl.LayersModel) {
  if (stage === "teacher") {
    const answers = teacherOf(model, data.classNames);
    return { answers, preprocess: preprocessOf(model), centerCrop: centerCropOf(model) };
  }
  const { normalization, images } = settings.recipe;
  const preprocess = normalization === undefined ? toUnitRange : normalize(normalization);
  const answers = layersTeacher(model, { preprocess, outputs: "logits" });
  return { answers, preprocess, centerCrop: images.centerCrop };
}

async function show(
  { data }: RunContext,
  mistakes: readonly Mistake[],
  source: SourceOf<ImageBatch>,
): Promise<ShownMistake[]> {
  const batches: ImageBatch[] = [];
  for await (const batch of source.batches(0)) batches.push(batch);
  const pictures = batches.flatMap(({ images, indices, imageSize }) => {
    const size = images.length / indices.length;
    return [...indices].map((index, row) => ({
      index,
      image: { data: images.subarray(row * size, (row + 1) * size), width: imageSize, height: imageSize },
    }));
  });
  return Promise.all(
    mistakes.map(async ({ index, label, predicted, probability }) => {
      const { image, index: sample } = pictures[index]!;
      return {
        source: await imageUri(toByteImage(image)),
        key: data.validation.keys[sample]!,
        label: data.classNames[label]!,
        predicted: data.classNames[predicted]!,
        probability,
      };
    }),
  );
}
