import { onnxTeacher, type Teacher } from "distill-trainer";
import type { CardAccuracy, ExportedFile } from "vit-export";
import { type JudgedModels, picturesFor } from "../evaluation/judged-models.ts";
import { accuracyOf, confusionMatrix } from "../judge/judgement.ts";
import { multiLabelFigures } from "../judge/multi-label.ts";
import { predictionsOf } from "../judge/predictions.ts";
import { wilson } from "../judge/significance.ts";
import type { OpenedModel } from "../models/open-model.ts";
import { microBatchSizeOf } from "../settings/pace.ts";
import type { ExportedView } from "./exported-view.ts";

/** What a figure adds that was measured as other programs see pictures. */
const EXPORTED = ", with the exported preprocessing";
/** File with products in 8 bits. */
const QUANTIZED = "onnx/model_quantized.onnx";

/** What a card says of a model's accuracy: here, with the preprocessing that is exported, and in 8 bits. */
export async function measuredExport(
  models: JudgedModels,
  opened: OpenedModel,
  { centerCrop, isOwn }: ExportedView,
  files: readonly ExportedFile[],
): Promise<CardAccuracy[]> {
  const { answers, centerCrop: own } = opened;
  const where = `on ${models.pictures}`;
  const quantized = files.find(({ path }) => path === QUANTIZED)?.data;
  return [
    await judged(models, opened, `this program, ${where}${isOwn ? EXPORTED : ""}`, answers, own),
    ...(isOwn
      ? []
      : [await judged(models, opened, `this program, ${where}${EXPORTED}`, answers, centerCrop)]),
    ...(quantized instanceof Uint8Array
      ? [
          await withOnnx(quantized, opened, (teacher) =>
            judged(models, opened, `\`${QUANTIZED}\`, ${where}${EXPORTED}`, teacher, centerCrop),
          ),
        ]
      : []),
  ];
}

async function judged(
  models: JudgedModels,
  opened: OpenedModel,
  what: string,
  answers: Pick<Teacher, "logits">,
  centerCrop: OpenedModel["centerCrop"],
): Promise<CardAccuracy> {
  const { path, classNames, multiLabel } = opened;
  const { pictures, places } = await picturesFor(models, path, opened, centerCrop);
  const predictions = await predictionsOf(
    answers,
    pictures,
    microBatchSizeOf(models.settings.run),
    multiLabel,
  );
  const { labels, probabilities } = predictions;
  if (multiLabel) {
    const inOrder = probabilities.map((row) => Float32Array.from(places, (place) => row[place]!));
    const { map } = multiLabelFigures({ ...predictions, probabilities: inOrder })!;
    return { what, metric: "mAP", value: map, pictures: labels.length };
  }
  const own = labels.map((label) => places[label]!);
  const value = accuracyOf(confusionMatrix({ labels: own, probabilities }, classNames.length));
  const { low, high } = wilson(Math.round(value * labels.length), labels.length);
  return { what, value, interval: [low, high], pictures: labels.length };
}

/** Runs an ONNX file in WebAssembly. */
async function withOnnx<Result>(
  file: Uint8Array,
  { preprocess }: OpenedModel,
  use: (teacher: Teacher) => Promise<Result>,
): Promise<Result> {
  const ort = await import("onnxruntime-web");
  ort.env.wasm.numThreads = 1; // its threads would keep the process alive
  const session = await ort.InferenceSession.create(file, { logSeverityLevel: 3 });
  try {
    return await use(onnxTeacher(ort, session, { preprocess, outputs: "logits" }));
  } finally {
    await session.release();
  }
}
