import type { FlowerData } from "../data/open-data.ts";
import {
  JUDGED_PICTURES,
  type JudgedModels,
  judgedModels,
  judgedSettings,
  picturesFor,
} from "../evaluation/judged-models.ts";
import { accuracyOf, classFigures, confusionMatrix, macroRecall } from "../judge/judgement.ts";
import { type MultiLabelFigures, multiLabelFigures } from "../judge/multi-label.ts";
import { type Predictions, predictionsOf } from "../judge/predictions.ts";
import { type ShownFigure, shownFigures } from "../judge/shown-figures.ts";
import { placesOf } from "../models/class-names.ts";
import { openModel } from "../models/open-model.ts";
import { type ViewedModel, viewedModel } from "../models/viewed-model.ts";
import { optionOf } from "../options/option-table.ts";
import { startChosenBackend } from "../process/chosen-backend.ts";
import { UsageError } from "../process/usage-error.ts";
import { microBatchSizeOf } from "../settings/pace.ts";
import { percent } from "../terminal/format.ts";
import { formatTable } from "../terminal/table.ts";
import { fetchModel } from "../weights/hub-model.ts";
import type { Command } from "./command.ts";

const CROP = optionOf("evaluationCrop").path;

export const evaluate: Command = {
  name: "evaluate",
  what: "Evaluate a run's models, or one saved model, on held-out pictures, class by class",
  settingsOf: "run",
  argument: { name: "run", many: false },
  options: [
    ...JUDGED_PICTURES,
    ...(["split", "tta", "pixels", "outputs", "backend", "precision", "json", "verbose", "config"] as const),
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
    const model = await fetchModel(by.command, args[0]!, by.output, signal ? { signal } : {});
    const found = judgedSettings(model, by);
    await startChosenBackend(found.settings.run);
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
      opened.classifier.dispose();
    }
    const pictures = `${judged[0]!.pictures} ${models.pictures}`;
    const text = json ? jsonOf(data, judged) : `${data.description}\n\n${tableOf(data.classNames, judged)}`;
    const views = tta === undefined ? "" : `, each by the mean of its views' probabilities (--tta ${tta})`;
    output.write(json ? `${text}\n` : `${text}\n\njudged on ${pictures}${views}\n`);
  },
};

interface Judged {
  readonly model: string;
  /** Classes of its figures: the model's own, in its order; with several labels the data's. */
  readonly classNames: readonly string[];
  /** Number of pictures, without those skipped. */
  readonly pictures: number;
  /** Share of pictures that are right; with several labels, those whose classes are all right. */
  readonly accuracy: number;
  /** Mean recall of the classes. */
  readonly macroRecall: number;
  /** Figures where each picture has one class. */
  readonly confusion?: readonly (readonly number[])[];
  /** Figures where pictures have several labels. */
  readonly multiLabel?: MultiLabelFigures;
  /** Views over which probabilities were averaged. Default: one. */
  readonly tta?: string;
  /** Accuracy of the model's own view alone, beside that of several. */
  readonly oneView?: number;
}

/** Evaluates a model by its own classes. The data may have some of them only, in another order. */
async function judge(models: JudgedModels, path: string, model: ViewedModel): Promise<Omit<Judged, "model">> {
  const { answers, classNames, multiLabel, centerCrop } = model;
  requireKind(path, multiLabel, models.data);
  const { pictures, places } = await picturesFor(models, path, model, centerCrop);
  const rows = microBatchSizeOf(models.settings.run);
  const predictions = await predictionsOf(answers, pictures, rows, multiLabel);
  if (multiLabel) return judgeSeveral(predictions, places, models.data.classNames);
  const { labels, probabilities } = predictions;
  const own = labels.map((label) => places[label]!);
  const confusion = confusionMatrix({ labels: own, probabilities }, classNames.length);
  const figures = { accuracy: accuracyOf(confusion), macroRecall: macroRecall(confusion) };
  return { classNames, pictures: labels.length, ...figures, confusion };
}

/** Evaluates by the data's classes alone: of the model's others nobody said whether a picture has them. */
function judgeSeveral(
  { probabilities, ...known }: Predictions,
  places: readonly number[],
  classNames: readonly string[],
): Omit<Judged, "model"> {
  const own = probabilities.map((row) => Float32Array.from(places, (place) => row[place]!));
  const multiLabel = multiLabelFigures({ ...known, probabilities: own })!;
  const { exactMatch: accuracy, macroRecall } = multiLabel;
  return { classNames, pictures: own.length, accuracy, macroRecall, multiLabel };
}

/** @throws UsageError for a model of several labels on pictures of one class each, and the other way round. */
function requireKind(path: string, multiLabel: boolean, { all }: FlowerData): void {
  if (multiLabel === (all.multiHot !== undefined)) return;
  const words = ["one class each", "several labels"];
  const [expected, got] = multiLabel ? words.toReversed() : words;
  throw new UsageError(`${path}: expected pictures with ${expected}, as it was trained on, got ${got}`);
}

/** Figures of all models, and their recalls by class; with several labels, a table of the classes of each. */

function tableOf(classNames: readonly string[], judged: readonly Judged[]): string {
  const recallsOf = ({ confusion, classNames: own }: Judged): readonly string[] => {
    if (confusion === undefined) return [];
    const figures = classFigures(confusion);
    return placesOf(classNames, own).map((place) => shareOrNone(figures[place]!.recall));
  };
  const [first] = judged;
  const table = formatTable(
    [
      "model",
      ...(first?.oneView === undefined ? [] : ["one view"]),
      ...figuresOf(first!).map(({ name }) => name),
      ...(first?.confusion === undefined ? [] : classNames),
    ],
    judged.map((one) => [
      one.model,
      ...(one.oneView === undefined ? [] : [percent(one.oneView)]),
      ...figuresOf(one).map(({ value }) => percent(value)),
      ...recallsOf(one),
    ]),
  );
  const classes = judged.flatMap(({ multiLabel }) =>
    multiLabel ? [classTable(classNames, multiLabel)] : [],
  );
  return [table, ...classes].join("\n\n");
}

function figuresOf({ accuracy: valAccuracy, ...one }: Judged): readonly ShownFigure[] {
  return shownFigures({ ...one, valAccuracy });
}

function classTable(classNames: readonly string[], { classes }: MultiLabelFigures): string {
  return formatTable(
    ["class", "positives", "average precision", "recall", "precision"],
    classes.map(({ count, averagePrecision, recall, precision }, label) => [
      ...[classNames[label]!, count.toLocaleString("en")],
      ...[averagePrecision, recall].map((share) => (count === 0 ? "–" : percent(share))),
      percent(precision),
    ]),
  );
}

const shareOrNone = (share: number): string => (Number.isNaN(share) ? "–" : percent(share));

function jsonOf({ classNames, description }: FlowerData, judged: readonly Judged[]): string {
  const models = judged.map(({ classNames: own, multiLabel, ...one }) => {
    const { classes = classFigures(one.confusion ?? []), ...several } = multiLabel ?? {};
    const named = classes.map((figures, i) => ({ name: own[i], ...figures }));
    return { ...one, ...several, classes: named };
  });
  return JSON.stringify({ data: description, classNames, models }, null, 2);
}
