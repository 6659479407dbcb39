// Distilling a vision transformer, after the Keras example (https://keras.io/examples/vision/deit/): a convolutional teacher, and
// a student with two heads, one of which learns the teacher's predictions through DeiT's distillation token.

import { parseArgs } from "node:util";
import { bit, bitSizes } from "bit-teacher";
import { averageHeads, deit } from "deit-model";
import {
  classification,
  KERAS_RECIPE,
  layersTeacher,
  type Recipe,
  recipeStep,
  recipeTask,
  tokenDistillation,
  toSymmetricRange,
} from "distill-trainer";
import { openFlowers, proceduralFlowers, splitFlowers } from "flowers-data/node";
import { imageSource } from "image-source/node";
import { startBackend } from "tfjs-backends";
import { AdamW, cosine } from "tfjs-optim";
import { batchesPerEpoch, evaluate, type FitCallback, fit } from "train-loop";

const { values: options } = parseArgs({
  options: {
    data: { type: "string" }, // flower_photos.tgz, or a folder of class folders. Default: drawn flowers
    count: { type: "string", default: "1000" }, // drawn flowers
    epochs: { type: "string", default: "12" }, // of the student
  },
});
const SEED = 42;
const IMAGE_SIZE = 48;
const BATCH_SIZE = 32;
const TEACHER_EPOCHS = 8;

/** The Keras example's recipe, with an optimizer and a schedule that suit short trainings of small models. */
const recipe: Recipe = {
  ...KERAS_RECIPE,
  epochs: Number(options.epochs),
  batchSize: BATCH_SIZE,
  adamW: "torch",
  learningRate: 1e-3,
  learningRatePer: BATCH_SIZE,
  schedule: "cosine",
  warmup: { epochs: 1 },
  weightDecay: 0.05,
  decays: "matrices",
  dropPathRate: 0.05,
};

const backend = await startBackend("wasm");
console.log(`${backend.name}, ${backend.detail}`);

// Data: a tenth is held out. Training pictures are shuffled, cropped and mirrored, differently in each epoch.
const flowers =
  options.data === undefined
    ? await proceduralFlowers({ count: Number(options.count), size: IMAGE_SIZE, seed: SEED })
    : await openFlowers(options.data);
const split = splitFlowers(flowers);
const classes = flowers.classNames.length;
const views = { batchSize: BATCH_SIZE, imageSize: IMAGE_SIZE, seed: SEED };
const train = imageSource(split.train, { ...views, training: true, ...recipe.images });
const validation = imageSource(split.validation, { ...views, training: false });
console.log(`${train.size} pictures of ${classes} classes, ${validation.size} held out`);

/** One line per epoch. */
const lines = (name: string): FitCallback => ({
  onEpochEnd: (epoch, logs) =>
    console.log(
      `${name}, epoch ${epoch + 1}: loss ${logs!.loss!.toFixed(3)}, accuracy ${percent(logs!.val_accuracy!)}`,
    ),
});
const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;

try {
  // Teacher: a small BiT ResNet-v2, trained on the labels.
  const bitModel = bit({ ...bitSizes.tiny, imageSize: IMAGE_SIZE, classes, seed: SEED });
  const teaching = classification({ model: bitModel, preprocess: toSymmetricRange });
  const totalSteps = TEACHER_EPOCHS * batchesPerEpoch(train);
  const warmupSteps = Math.min(batchesPerEpoch(train), totalSteps - 1);
  const adamW = new AdamW({
    learningRate: cosine({ base: 3e-3, totalSteps, warmupSteps }),
    weightDecay: 0.05,
  });
  const run = { validationData: validation, microBatchSize: BATCH_SIZE };
  await fit(teaching, adamW, train, { ...run, epochs: TEACHER_EPOCHS, callbacks: [lines("teacher")] });
  const teacher = layersTeacher(bitModel, { preprocess: toSymmetricRange });

  // Student: a ViT with a class token and a distillation token, and a head on each.
  const size = { imageSize: IMAGE_SIZE, patchSize: 8, dim: 96, depth: 3, heads: 3 };
  const student = deit({ ...size, mlpRatio: 4, dropPathRate: recipe.dropPathRate, classes, seed: SEED });

  // Distiller: the class head learns the labels, the distillation head the teacher's predictions.
  const distillation = tokenDistillation({ student, teacher, ...recipeTask(recipe) });
  const { optimizer, ...step } = recipeStep(recipe, student, train);
  await fit(distillation, optimizer, train, {
    ...run,
    ...step,
    epochs: recipe.epochs,
    callbacks: [lines("student")],
  });

  // Report: the student's prediction is the mean of its heads.
  const averaged = averageHeads(student);
  const judged = classification({ model: averaged });
  const [taught, learned] = [await evaluate(teaching, validation), await evaluate(judged, validation)];
  console.log(`teacher: ${bitModel.countParams()} parameters, ${percent(taught.accuracy!)}`);
  console.log(`student: ${averaged.countParams()} parameters, ${percent(learned.accuracy!)}`);
} finally {
  await Promise.all([train.close(), validation.close()]);
}
