import { startBackend } from "tfjs-backends";
import type { FlowerData } from "../data/open-data.ts";
import { type JudgedModels, judgedModels, judgedSettings, picturesFor } from "../evaluation/judged-models.ts";
import { accuracyOf, classFigures, confusionMatrix } from "../judge/judgement.ts";
import { predictionsOf } from "../judge/predictions.ts";
import { placesOf } from "../models/class-names.ts";
import { openModel } from "../models/open-model.ts";
import { type ViewedModel, viewedModel } from "../models/viewed-model.ts";
import { optionOf } from "../options/option-table.ts";
import { microBatchSizeOf } from "../settings/pace.ts";
import { percent } from "../terminal/format.ts";
import { formatTable } from "../terminal/table.ts";
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
    ...(["split", "tta", "pixels", "outputs", "backend", "json", "verbose", "config"] as const),
  ],
  examples: [
    "evaluate runs/demo",
    "evaluate runs/photos --evaluation-crop 1",
    "evaluate runs/demo/student-alone --data test/ --json",
    "evaluate runs/photos --split test",
    "evaluate runs/photos --tta flip",
  ],
  run: async ({ args, edits, use, output, signal }) => {
    const { json, split, tta } = use;
    const by = { command: "evaluate", edits, split, output: json ? { write: () => {} } : output, signal };
    const found = judgedSettings(args[0]!, by);
    await startBackend(found.settings.run.backend);
    const models = await judgedModels(found, by);
    const { data, folders } = models;
    const judged: Judged[] = [];
    for (const folder of folders) {
      signal?.throwIfAborted();
      const opened = await openModel(folder, use);
      const { centerCrop } = Object.hasOwn(edits, CROP) ? found.settings.recipe.images : opened;
      const { centerCrop: _, ...whole } = opened;
      const shown = { ...whole, ...(centerCrop && { centerCrop }) };
      const own = await judge(models, folder, shown);
      const more = tta && { tta, oneView: own.accuracy };
      judged.push({
        model: folder,
        ...(tta ? await judge(models, folder, viewedModel(shown, tta)) : own),
        ...more,
      });
      opened.model.dispose();
    }
    const pictures = `${judged[0]!.pictures} ${models.pictures}`;
    const text = json ? jsonOf(data, judged) : `${data.description}\n\n${tableOf(data.classNames, judged)}`;
    const views = tta === undefined ? "" : `, each by the mean of its views' probabilities (--tta ${tta})`;
    output.write(json ? `${text}\n` : `${text}\n\njudged on ${pictures}${views}\n`);
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
  /** Views over which probabilities were averaged. Default: one. */
  readonly tta?: string;
  /** Accuracy of the model's own view alone, beside that of several. */
  readonly oneView?: number;
}

/** Evaluates a model by its own classes. The data may have some of them only, in another order. */
async function judge(models: JudgedModels, path: string, model: ViewedModel): Promise<Omit<Judged, "model">> {
  const { answers, classNames, centerCrop } = model;
  const { pictures, places } = await picturesFor(models, path, model, centerCrop);
  const rows = microBatchSizeOf(models.settings.run);
  const { labels, probabilities } = await predictionsOf(answers, pictures, rows);
  const own = labels.map((label) => places[label]!);
  const confusion = confusionMatrix({ labels: own, probabilities }, classNames.length);
  return { classNames, pictures: labels.length, accuracy: accuracyOf(confusion), confusion };
}

function tableOf(classNames: readonly string[], judged: readonly Judged[]): string {
  return formatTable(
    ["model", ...(judged[0]?.oneView === undefined ? [] : ["one view"]), "accuracy", ...classNames],
    judged.map(({ model, accuracy, oneView, confusion, classNames: own }) => {
      const figures = classFigures(confusion);
      const recalls = placesOf(classNames, own).map((place) => figures[place]!.recall);
      return [
        model,
        ...(oneView === undefined ? [] : [percent(oneView)]),
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
