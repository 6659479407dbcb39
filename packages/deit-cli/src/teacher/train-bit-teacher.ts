import type * as tfl from "@tensorflow/tfjs-layers";
import { bit, bitSizes } from "bit-teacher";
import { classification } from "distill-trainer";
import type { ImageBatch } from "image-source";
import { addNotes, type InputRange, layersClassifier, toInputRange } from "open-classifier";
import { ADAMW_SEMANTICS, AdamW, cosine, timmNoDecay } from "tfjs-optim";
import { batchesPerEpoch } from "train-loop";
import { firstOf } from "../data/first-of.ts";
import type { SourceOf } from "../data/in-memory.ts";
import { measure } from "../judge/measure.ts";
import type { RunContext } from "../runs/context.ts";
import type { ModelResult } from "../runs/run-result.ts";
import { stageCheckpoints } from "../runs/stages.ts";
import { microBatchSizeOf } from "../settings/pace.ts";
import type { FoldStage } from "../stage-name.ts";
import { whileBusy } from "../terminal/while-busy.ts";
import { fitWithProgress } from "../training/fit-with-progress.ts";
import { heldOutImages, withTrainingImages } from "../training/image-sources.ts";
import { stageLogs } from "../training/stage-logs.ts";
import type { StageMeter } from "../training/stage-meter.ts";
import type { ReadyTeacher } from "./teacher.ts";
import { teacherOf } from "./teacher-of.ts";

/** BiT's own input range. */
const RANGE: InputRange = [-1, 1];

type BitStage = "teacher" | FoldStage;

/** A BiT after its training. */
interface FittedBit {
  readonly model: tfl.LayersModel;
  readonly heldOut: SourceOf<ImageBatch>;
  readonly meter: StageMeter;
  readonly history: ModelResult["history"];
}

/**
 * Trains a tiny BiT from scratch, on all ranks, and judges it: the teacher where no other is given.
 *
 * @param stage - Name of its checkpoints and logs.
 * @param label - First words of its lines.
 */
export async function trainBitTeacher(
  context: RunContext,
  stage: BitStage = "teacher",
  label = "teacher",
): Promise<ReadyTeacher> {
  const { settings, data, output } = context;
  await context.ranks?.tell({ kind: "train", stage, settings });
  const { model, heldOut, meter, history } = await fitBitTeacher(context, stage, label);
  const classifier = layersClassifier(model);
  const teacher = teacherOf(classifier, data.classNames);
  const measured = await whileBusy(output, `judging the ${label}`, () =>
    measure(teacher, heldOut, microBatchSizeOf(settings.run)),
  );
  return {
    teacher,
    classifier,
    imageSize: settings.model.imageSize,
    description: "a tiny BiT ResNet-v2, trained from scratch",
    result: { name: "teacher", params: model.countParams(), ...measured, ...meter.figures, history },
  };
}

/** The training of {@link trainBitTeacher}, as every rank does it. */
export async function fitBitTeacher(context: RunContext, stage: BitStage, label: string): Promise<FittedBit> {
  const { settings, data, output, folder, signal, ranks } = context;
  const { seed, teacherEpochs: epochs, teacherLearningRate } = settings.run;
  const { imageSize } = settings.model;
  const microBatchSize = microBatchSizeOf(settings.run);
  const model = bit({ ...bitSizes.tiny, imageSize, classes: data.classNames.length, seed });
  addNotes(model, { inputRange: RANGE, classNames: data.classNames, outputs: "logits" });
  const task = classification({ model, preprocess: toInputRange(RANGE) });
  const heldOut = await whileBusy(output, "decoding the held-out pictures", () =>
    heldOutImages(context, imageSize),
  );
  const { callbacks, meter } = stageLogs(context, stage);
  const history = await withTrainingImages(context, { imageSize }, (source) => {
    const steps = batchesPerEpoch(source);
    const [totalSteps, warmupSteps] = [steps * epochs, Math.min(steps, steps * epochs - 1)];
    const optimizer = new AdamW({
      ...ADAMW_SEMANTICS.torch,
      learningRate: cosine({ base: teacherLearningRate, totalSteps, warmupSteps }),
      weightDecay: settings.recipe.weightDecay,
      excludeFromDecay: timmNoDecay(model),
    });
    return fitWithProgress(task, optimizer, source, {
      ...{ label, output, ranks, epochs, microBatchSize, callbacks, ...(signal && { signal }) },
      validationData: firstOf(heldOut, data.judgedByEpoch),
      checkpoint: stageCheckpoints(folder, stage, settings, output),
    }).finally(() => optimizer.dispose());
  });
  return { model, heldOut, meter, history };
}
