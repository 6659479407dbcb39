// `node --import tsx --conditions=@deit/source scripts/export-run.ts <runs/name> <file.safetensors>`: what it takes to train a
// run's students again in another program. The run's teacher must be finished. The file has the views of every epoch in their
// order, the held-out pictures, the teacher's weights with timm's names and PyTorch's layout, and, to check the teacher, its logits of
// the held-out pictures and its inner layers' outputs of the first ones. The settings are in the file's metadata.
import * as tf from "@tensorflow/tfjs-core";
import type { ImageBatch } from "image-source";
import type { TensorToWrite } from "safetensors-io";
import { saveSafetensors } from "safetensors-io/node";
import { startBackend } from "tfjs-backends";
import { sidesOf } from "vision-augment";
import { timmKey } from "../packages/bit-teacher/src/weight-names.ts";
import { openData } from "../packages/deit-cli/src/data/open-data.ts";
import type { RunContext } from "../packages/deit-cli/src/runs/context.ts";
import { requireSameData } from "../packages/deit-cli/src/runs/data-record.ts";
import { savedSettings } from "../packages/deit-cli/src/runs/saved-settings.ts";
import { resolveSettings } from "../packages/deit-cli/src/settings/resolve-settings.ts";
import { studentViews } from "../packages/deit-cli/src/student/student-views.ts";
import { savedTeacher } from "../packages/deit-cli/src/teacher/saved-teacher.ts";
import { heldOutImages, withTrainingImages } from "../packages/deit-cli/src/training/image-sources.ts";

/** Held-out pictures whose layers' outputs are written. */
const CHECKED = 8;

const [folder, file] = process.argv.slice(2);
if (folder === undefined || file === undefined)
  throw new Error("usage: export-run.ts <runs/name> <file.safetensors>");
await startBackend("auto");
const settings = resolveSettings(savedSettings(folder, "export-run"));
const data = await openData(settings, process.stdout);
await requireSameData(folder, data);
const ready = await savedTeacher(folder, data.classNames);
if (ready === undefined) throw new Error(`export-run: expected a run with a finished teacher, got ${folder}`);

const onSkip = ({ key, reason }: { key: string; reason: string }): never => {
  throw new Error(`export-run: expected pictures that all decode, got ${key}: ${reason}`);
};
const context: RunContext = { settings, data, output: process.stdout, folder, onSkip };
const { imageSize } = settings.model;
const { images, ...recipe } = settings.recipe;
const { epochs } = recipe;
if (ready.imageSize !== imageSize)
  throw new Error("export-run: expected a teacher of the students' image size");

const train = await withTrainingImages(context, studentViews(settings, imageSize), async (source) => {
  const views: ImageBatch[] = [];
  for (let epoch = 0; epoch < epochs; epoch++)
    for await (const batch of source.batches(epoch)) views.push(batch);
  return views;
});
const validation: ImageBatch[] = [];
const heldOut = await heldOutImages(context, imageSize, images.centerCrop);
for await (const batch of heldOut.batches(0)) validation.push(batch);

await saveSafetensors(
  file,
  [
    ...pictures("train", train, [epochs, train.reduce((sum, { labels }) => sum + labels.length, 0) / epochs]),
    ...pictures("validation", validation, [data.validation.size]),
    ...teacherWeights(),
    ...(await teacherOutputs()),
  ],
  {
    metadata: {
      seed: String(settings.run.seed),
      model: JSON.stringify(settings.model),
      recipe: JSON.stringify(recipe),
    },
  },
);
console.log(`saved: ${file}`);

/** Pictures `[...counts, height, width, 3]`, pixels in 0…255, and their labels. */
function pictures(name: string, batches: readonly ImageBatch[], counts: readonly number[]): TensorToWrite[] {
  const count = counts.reduce((product, side) => product * side, 1);
  const [height, width] = sidesOf(imageSize);
  const pixels = new Float32Array(count * height * width * 3);
  const labels = new Int32Array(count);
  let row = 0;
  for (const batch of batches) {
    pixels.set(batch.images, (row * pixels.length) / count);
    labels.set(batch.labels, row);
    row += batch.labels.length;
  }
  return [
    { name: `${name}.images`, shape: [...counts, height, width, 3], data: pixels },
    { name: `${name}.labels`, shape: counts, data: labels },
  ];
}

function teacherWeights(): TensorToWrite[] {
  return ready!.classifier.layersModel!.weights.map((weight) => {
    const value = weight.read();
    const torch = value.rank === 4 ? tf.transpose(value, [3, 2, 0, 1]) : tf.transpose(value);
    const name = `teacher.${timmKey(weight.originalName)}`;
    return { name, shape: torch.shape, data: torch.dataSync() as Float32Array };
  });
}

async function teacherOutputs(): Promise<TensorToWrite[]> {
  const { layers } = ready!.teacher;
  const names = layers.suggested ?? [];
  const logits: number[] = [];
  const checked: TensorToWrite[] = [];
  for (const { images: values, shape } of validation) {
    const pixels = tf.tensor(values, [...shape]);
    const outputs = await layers.run(pixels, names);
    logits.push(...outputs.logits.dataSync());
    for (const [i, feature] of checked.length === 0 ? outputs.features.entries() : []) {
      const first = tf.slice(feature, 0, CHECKED);
      checked.push({ name: `check.${names[i]}`, shape: first.shape, data: first.dataSync() as Float32Array });
    }
    tf.dispose([pixels, outputs.logits, ...outputs.features]);
  }
  const shape = [data.validation.size, data.classNames.length];
  return [{ name: "check.logits", shape, data: Float32Array.from(logits) }, ...checked];
}
