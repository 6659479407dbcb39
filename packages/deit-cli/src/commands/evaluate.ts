import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { SampleStore } from "image-source";
import { startBackend } from "tfjs-backends";
import { type FlowerData, openData } from "../data/open-data.ts";
import { accuracyOf, classFigures, confusionMatrix } from "../judge/judgement.ts";
import { predictionsOf } from "../judge/predictions.ts";
import { placesOf } from "../models/class-names.ts";
import { type OpenedModel, openModel } from "../models/open-model.ts";
import { withoutModel } from "../models/student-of.ts";
import type { Edits } from "../options/edits.ts";
import { optionOf } from "../options/option-table.ts";
import { UsageError } from "../process/usage-error.ts";
import { type RunContext, reportOnce } from "../runs/context.ts";
import { dataRecord, readDataRecord } from "../runs/data-record.ts";
import { savedSettings } from "../runs/saved-settings.ts";
import { STAGE_NAMES } from "../runs/stages.ts";
import { microBatchSizeOf } from "../settings/pace.ts";
import { requireDrawn } from "../settings/require-drawn.ts";
import { resolveDataSettings } from "../settings/resolve-settings.ts";
import type { Settings } from "../settings/settings.ts";
import { percent } from "../terminal/format.ts";
import { formatTable } from "../terminal/table.ts";
import { heldOutImages } from "../training/image-sources.ts";
import type { Command } from "./command.ts";

const CROP = optionOf("evaluationCrop").path;

export const evaluate: Command = {
  name: "evaluate",
  what: "Evaluate a run's models, or one saved model, on held-out pictures, class by class",
  settingsOf: "run",
  argument: { name: "run", many: false },
  options: [
    ...([
      "data",
      "labelsFile",
      "nestedClasses",
      "valData",
      "download",
      "cache",
      "count",
      "heldOut",
      "dataSeed",
      "seed",
      "maxPixels",
      "skipBadImages",
      "workers",
      "microBatchSize",
      "evaluationCrop",
    ] as const),
    ...(["split", "pixels", "outputs", "backend", "json", "verbose", "config"] as const),
  ],
  examples: [
    "evaluate runs/demo",
    "evaluate runs/photos --evaluation-crop 1",
    "evaluate runs/demo/student-alone --data test/ --json",
    "evaluate runs/photos --split test",
  ],
  run: async ({ args, edits, use, output, signal }) => {
    const { json, split } = use;
    const folders = modelFolders(args[0]!);
    const settings = dataSettings(folders[0]!, edits);
    await startBackend(settings.run.backend);
    const silent = { write: () => {} };
    const data = await openData(settings, json ? silent : output, signal, { use: "judge" });
    const judgedSplit = split ?? ((await isOfOthers(folders[0]!, data, edits)) ? "all" : "held-out");
    const shown = { ...data, validation: picturesOf(data, judgedSplit) };
    const context = { settings, data: shown, output, folder: "", onSkip: reportOnce(json ? silent : output) };
    const judged: Judged[] = [];
    for (const folder of folders) {
      signal?.throwIfAborted();
      const opened = await openModel(folder, use);
      const { centerCrop } = Object.hasOwn(edits, CROP) ? settings.recipe.images : opened;
      judged.push({ model: folder, ...(await judge(context, opened, centerCrop)) });
      opened.model.dispose();
    }
    const pictures = `${judged[0]!.pictures} ${WORDS[judgedSplit]}`;
    const text = json ? jsonOf(data, judged) : `${data.description}\n\n${tableOf(data.classNames, judged)}`;
    output.write(json ? `${text}\n` : `${text}\n\njudged on ${pictures}\n`);
  },
};

const WORDS = {
  "held-out": "held-out pictures",
  test: "test pictures",
  all: "pictures, all of them",
} as const;

/** @throws UsageError if there are none to test. */
function picturesOf(data: FlowerData, split: keyof typeof WORDS): SampleStore {
  if (split === "all") return data.all;
  if (split === "held-out") return data.validation;
  if (data.test !== undefined) return data.test;
  throw new UsageError(
    "--split test: expected data with test pictures, a folder test/ or rows with that split, got none",
  );
}

interface Judged {
  readonly model: string;
  /** The model's own, in its order. */
  readonly classNames: readonly string[];
  /** Number of pictures, without those skipped. */
  readonly pictures: number;
  readonly accuracy: number;
  readonly confusion: readonly (readonly number[])[];
}

/** Evaluates a model by its own classes. The data may have some of them only, in another order. */
async function judge(
  context: RunContext,
  { path, answers, classNames, imageSize, upright }: OpenedModel,
  centerCrop: OpenedModel["centerCrop"],
): Promise<Omit<Judged, "model">> {
  const { data, settings } = context;
  const places = placesOf(data.classNames, classNames);
  const unknown = data.classNames.filter((_, i) => places[i]! < 0);
  if (unknown.length > 0) {
    throw new UsageError(
      `${path}: expected data of its classes (${classNames.join(", ")}), ` +
        `got ${data.classNames.join(", ")}: without ${unknown.join(", ")}`,
    );
  }
  const validation = data.validation.withUpright(upright);
  const pictures = await heldOutImages({ ...context, data: { ...data, validation } }, imageSize, centerCrop);
  const { labels, probabilities } = await predictionsOf(answers, pictures, microBatchSizeOf(settings.run));
  const own = labels.map((label) => places[label]!);
  const confusion = confusionMatrix({ labels: own, probabilities }, classNames.length);
  return { classNames, pictures: labels.length, accuracy: accuracyOf(confusion), confusion };
}

/** Folders of all models of a run, or of the one saved model. */
function modelFolders(path: string): string[] {
  const inRun = STAGE_NAMES.map((stage) => join(path, stage)).filter((folder) => existsSync(folder));
  if (inRun.length > 0) return inRun;
  if (existsSync(join(path, "settings.json")))
    throw new UsageError(`evaluate: expected a run with a trained model, got ${withoutModel(path)}`);
  if (existsSync(path)) return [path];
  throw new UsageError(`evaluate: expected the folder of a run or of a saved model, got '${path}'`);
}

/** Settings that go with a run's data, not with other data. */
const WITH_DATA = { "data.labelsFile": undefined, "data.valData": undefined } as const;

/** Settings of the data that the model was trained on, with those of the command line over them. */
function dataSettings(folder: string, edits: Edits): Settings {
  const run = dirname(folder);
  const saved = existsSync(join(run, "settings.json")) ? savedSettings(run, "evaluate") : {};
  const isOther = edits["data.path"] !== undefined || edits["data.download"] === true;
  if (!isOther) requireDrawn(edits, saved);
  const others = isOther && { "data.path": undefined, "data.download": false, ...WITH_DATA };
  return resolveDataSettings({ ...saved, ...others, ...edits });
}

/**
 * Whether the run did not train on the pictures of `--data`, which can all be judged then. Moved data of the run are its own.
 *
 * @throws UsageError for the run's own without its `--val-data`, where the held-out ones are.
 */
async function isOfOthers(folder: string, data: FlowerData, edits: Edits): Promise<boolean> {
  const path = edits["data.path"];
  if (path === undefined) return false;
  const run = dirname(folder);
  const saved = existsSync(join(run, "settings.json")) ? savedSettings(run, "evaluate") : {};
  const before = saved["data.path"];
  const record = await readDataRecord(run);
  const own = dataRecord(data);
  const isOwn =
    record === undefined // lost
      ? typeof before === "string" && resolve(before) === resolve(String(path))
      : (record.all ?? record.pictures) === (record.all === undefined ? own.pictures : own.all);
  const isElsewhere = typeof saved["data.valData"] === "string" && edits["data.valData"] === undefined;
  if (isOwn && isElsewhere)
    throw new UsageError(
      `--data: expected --val-data with it, as the run trained on all pictures of '${path}', got none`,
    );
  return !isOwn;
}

function tableOf(classNames: readonly string[], judged: readonly Judged[]): string {
  return formatTable(
    ["model", "accuracy", ...classNames],
    judged.map(({ model, accuracy, confusion, classNames: own }) => {
      const figures = classFigures(confusion);
      const recalls = placesOf(classNames, own).map((place) => figures[place]!.recall);
      return [
        model,
        percent(accuracy),
        ...recalls.map((recall) => (Number.isNaN(recall) ? "–" : percent(recall))),
      ];
    }),
  );
}

function jsonOf({ classNames, description }: FlowerData, judged: readonly Judged[]): string {
  const models = judged.map(({ classNames: own, ...one }) => ({
    ...one,
    classes: classFigures(one.confusion).map((figures, i) => ({ name: own[i], ...figures })),
  }));
  return JSON.stringify({ data: description, classNames, models }, null, 2);
}
