import { existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { join, relative } from "node:path";
import { type Features, storeCrossFitLogits, storedAnswers, type Teacher } from "distill-trainer";
import { type LogitStoreOptions, logitStore } from "distill-trainer/node";
import type { ImageBatch } from "image-source";
import { type ImageSource, stratifiedFolds } from "image-source/node";
import { type Classifier, openClassifier } from "open-classifier";
import type { FlowerData } from "../data/open-data.ts";
import { UsageError } from "../process/usage-error.ts";
import { sendFiles } from "../ranks/files.ts";
import type { RunContext } from "../runs/context.ts";
import { crossFitFolder, forgetCheckpoints } from "../runs/stages.ts";
import { microBatchSizeOf } from "../settings/pace.ts";
import type { Settings } from "../settings/settings.ts";
import type { FoldStage } from "../stage-name.ts";
import { liveLine } from "../terminal/live-line.ts";
import { fetchModel } from "../weights/hub-model.ts";
import { type Backbone, loadBackbone } from "./backbone.ts";
import { featuresOf, probeOn } from "./pretrained-teacher.ts";
import { teacherOf } from "./teacher-of.ts";
import { trainBitTeacher } from "./train-bit-teacher.ts";

/**
 * Checks before anything is trained that the pictures have as many folds, and that the teacher learns in the run.
 *
 * @throws UsageError naming the option, what was expected and what was given.
 */
export function requireCrossFit(settings: Settings, data: FlowerData, backbone: Backbone | undefined): void {
  if (settings.run.crossFit === undefined) return;
  if (backbone !== undefined && backbone.features === undefined)
    throw new UsageError(
      "--cross-fit: expected a teacher that is trained in the run, or a backbone for a probe, got a classifier of the data's classes",
    );
  try {
    foldsOf(settings, data);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(`--cross-fit: ${error.message}`);
  }
}

/** For each fold the positions of the labeled pictures that its teacher learns from, and of those that it answers for. */
function foldsOf({ run }: Settings, { labeled }: FlowerData) {
  return stratifiedFolds(labeled.keys, labeled.labels, { folds: run.crossFit!, seed: run.seed });
}

/** The fold of each training picture. Those without a label, which no teacher has seen, are dealt in turn. */
function foldOfEach({ train, labeled }: FlowerData, folds: Folds): Int32Array {
  const known = new Map<string, number>();
  for (const [fold, { validation }] of folds.entries())
    for (const i of validation) known.set(labeled.keys[i]!, fold);
  return Int32Array.from(train.keys, (key, i) => known.get(key) ?? i % folds.length);
}

/**
 * Runs `use` with a teacher whose answer for each view comes from one of k teachers that has not seen the picture; they are trained and
 * asked first, unless an earlier process has.
 */
export async function withCrossFit<T>(
  context: RunContext,
  source: ImageSource,
  use: (teacher: Teacher, header: LogitStoreOptions) => Promise<T>,
): Promise<T> {
  const { settings, data, folder, output, signal, ranks } = context;
  const folds = foldsOf(settings, data);
  const foldOfPicture = foldOfEach(data, folds);
  output.write(
    `cross-fit: ${folds.length} teachers, each of which answers for the pictures that it has not seen\n`,
  );
  const models = await foldTeachers(context, folds);
  const digests: string[] = [];
  for (const model of models) digests.push(await model.digest());
  const header = {
    classes: data.classNames.length,
    classNames: data.classNames,
    teacher: `cross-fit of ${digests.join(", ")}`,
    views: source.viewSettings,
  };
  const logits = logitsFolder(folder);
  const store = logitStore(logits, {
    ...header,
    onEvent: ({ name, reason }) => output.write(`${name}: ${reason}\n`),
  });
  try {
    const line = liveLine(output);
    const text = (done: number, total: number): string => `teachers  answers for views  ${done}/${total}`;
    const teachers = models.map((model) => teacherOf(model, data.classNames));
    const { done, total } = await storeCrossFitLogits(teachers, source, store, {
      epochs: Math.min(settings.data.viewEpochs ?? 1, settings.recipe.epochs),
      microBatchSize: microBatchSizeOf(settings.run),
      foldOf: ({ indices }: ImageBatch) => indices.map((i) => foldOfPicture[i]!),
      onProgress: (progress) => line.update(() => text(progress.done, progress.total)),
      ...(signal && { signal }),
    });
    line.finish(text(done, total));
    for (const model of models) model.dispose();
    if (ranks) await sendFiles(ranks, folder, [relative(folder, logits)]);
    return await use(storedAnswers(store), header);
  } finally {
    store.close();
  }
}

/** The store that {@link withCrossFit} has filled, in a replica's thread. */
export function crossFitAnswers(folder: string, header: LogitStoreOptions): Teacher {
  return storedAnswers(logitStore(logitsFolder(folder), header));
}

function logitsFolder(folder: string): string {
  return join(crossFitFolder(folder), "logits");
}

type Folds = ReturnType<typeof foldsOf>;

function foldStage(fold: number): FoldStage {
  return `teacher-without-fold-${fold + 1}`;
}

function withoutFold(context: RunContext, pictures: ArrayLike<number>): RunContext {
  const { data } = context;
  const seen = data.labeled.subset(pictures);
  return { ...context, data: { ...data, train: seen, labeled: seen } };
}

/** The run as it is for the teacher of a stage. */
export function contextOfFold(context: RunContext, stage: FoldStage): RunContext {
  const folds = foldsOf(context.settings, context.data);
  return withoutFold(context, folds.find((_, fold) => foldStage(fold) === stage)!.train);
}

/** Trains the teacher of each fold, or loads those that an earlier process has finished. */
async function foldTeachers(context: RunContext, folds: Folds): Promise<Classifier[]> {
  const { settings, data, folder, output, signal } = context;
  const { teacher } = settings.run;
  const pathOf = (fold: number) => join(crossFitFolder(folder), `teacher-${fold + 1}`);
  const isFinished = (fold: number) => existsSync(pathOf(fold));
  const probe =
    teacher === undefined || folds.every((_, fold) => isFinished(fold))
      ? undefined
      : await probes(
          context,
          await loadBackbone(
            await fetchModel("--teacher", teacher, output, signal ? { signal } : {}),
            data.classNames,
            settings.run,
          ),
        );
  const models: Classifier[] = [];
  for (const [fold, { train }] of folds.entries()) {
    const label = `teacher ${fold + 1} of ${folds.length}`;
    if (!isFinished(fold)) {
      signal?.throwIfAborted();
      const stage = foldStage(fold);
      const own = withoutFold(context, train);
      const model = probe ? await probe(train, label) : (await trainBitTeacher(own, stage, label)).classifier;
      await saveWhole(model, pathOf(fold), data.upright);
      await forgetCheckpoints(folder, stage);
      if (probe === undefined) model.dispose(); // probes share the backbone's layers
    }
    models.push(await openClassifier(pathOf(fold)));
  }
  return models;
}

/** Returns what trains a probe on the features of some of the pictures; the features are computed once. */
async function probes(context: RunContext, backbone: Backbone) {
  const { data } = context;
  const { features: model, classifier } = backbone;
  const { imageSize } = classifier;
  const all = await featuresOf(context, model!, imageSize, data.labeled, "training");
  const heldOut = await featuresOf(context, model!, imageSize, data.validation, "held-out");
  return async (pictures: ArrayLike<number>, label: string): Promise<Classifier> =>
    (await probeOn(context, classifier, model!, someOf(all, pictures), heldOut, label)).probed;
}

/** Saves a teacher so that its folder exists only when it is whole. */
async function saveWhole(teacher: Classifier, folder: string, upright: boolean): Promise<void> {
  const unfinished = `${folder}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await teacher.save(unfinished, { upright });
  await rename(unfinished, folder);
}

function someOf({ values, width, labels }: Features, rows: ArrayLike<number>): Features {
  const chosen = Array.from(rows);
  const some = new Float32Array(chosen.length * width);
  chosen.forEach((row, i) => void some.set(values.subarray(row * width, (row + 1) * width), i * width));
  return { values: some, width, labels: Int32Array.from(chosen, (row) => labels[row]!) };
}
