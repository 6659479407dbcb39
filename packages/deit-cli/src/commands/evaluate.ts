import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
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
  ],
  run: async ({ args, edits, use, output, signal }) => {
    const { json, split } = use;
    const folders = modelFolders(args[0]!);
    const settings = dataSettings(folders[0]!, edits);
    await startBackend(settings.run.backend);
    const silent = { write: () => {} };
    const data = await openData(settings, json ? silent : output, signal, { use: "judge" });
    const isAll = split === undefined ? await isOfOthers(folders[0]!, data, edits) : split === "all";
    const shown = isAll ? { ...data, validation: data.all } : data;
    const context = { settings, data: shown, output, folder: "", onSkip: reportOnce(json ? silent : output) };
    const judged: Judged[] = [];
    for (const folder of folders) {
      signal?.throwIfAborted();
      const opened = await openModel(folder, use);
      const { centerCrop } = Object.hasOwn(edits, CROP) ? settings.recipe.images : opened;
      judged.push({ model: folder, ...(await judge(context, opened, centerCrop)) });
      opened.model.dispose();
    }
    const pictures = `${judged[0]!.pictures} ${isAll ? "pictures, all of them" : "held-out pictures"}`;
    const text = json ? jsonOf(data, judged) : `${data.description}\n\n${tableOf(data.classNames, judged)}`;
    output.write(json ? `${text}\n` : `${text}\n\njudged on ${pictures}\n`);
  },
};

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

/** Settings of the data that the model was trained on, with those of the command line over them. */
function dataSettings(folder: string, edits: Edits): Settings {
  const run = dirname(folder);
  const saved = existsSync(join(run, "settings.json")) ? savedSettings(run, "evaluate") : {};
  const isOther = edits["data.path"] !== undefined || edits["data.download"] === true;
  if (!isOther) requireDrawn(edits, saved);
  const others = isOther && { "data.path": undefined, "data.download": false };
  return resolveDataSettings({ ...saved, ...others, ...edits });
}

/** Whether the run did not train on the pictures of `--data`, which can all be judged then. Moved data of the run are its own. */
async function isOfOthers(folder: string, data: FlowerData, edits: Edits): Promise<boolean> {
  const path = edits["data.path"];
  if (path === undefined) return false;
  const run = dirname(folder);
  const record = await readDataRecord(run);
  if (record !== undefined) return record.pictures !== dataRecord(data).pictures;
  const saved = existsSync(join(run, "settings.json"))
    ? savedSettings(run, "evaluate")["data.path"]
    : undefined;
  return typeof saved !== "string" || resolve(saved) !== resolve(String(path)); // the record is lost
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
