import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { startBackend } from "tfjs-backends";
import { z } from "zod";
import { reportOnce } from "../context.ts";
import { heldOutImages } from "../data/image-sources.ts";
import { type FlowerData, openData } from "../data/open-data.ts";
import { savedSettings } from "../files/saved-settings.ts";
import { accuracyOf, classFigures, confusionMatrix } from "../judge/judgement.ts";
import { predictionsOf } from "../judge/predictions.ts";
import { openModel } from "../models/open-model.ts";
import { checked } from "../options/checked.ts";
import { microBatchSizeOf } from "../pace.ts";
import { resolveSettings, type Settings } from "../settings.ts";
import { percent } from "../terminal/format.ts";
import { formatTable } from "../terminal/table.ts";
import { UsageError } from "../usage-error.ts";
import type { Command } from "./command.ts";

const STAGES = ["teacher", "student-alone", "student-distilled"] as const;

export const evaluate: Command = {
  name: "evaluate",
  what: "Judge a run's models, or one saved model, on held-out pictures, class by class",
  argument: { name: "run", many: false },
  options: [
    ...([
      "data",
      "download",
      "cache",
      "count",
      "seed",
      "skipBadImages",
      "workers",
      "microBatchSize",
      "evaluationCrop",
    ] as const),
    ...(["backend", "json", "verbose", "config"] as const),
  ],
  examples: [
    "evaluate runs/demo",
    "evaluate runs/photos --evaluation-crop 1",
    "evaluate runs/demo/student-alone --data photos/ --json",
  ],
  run: async ({ args, options, output, signal }) => {
    const { json: _, ...chosen } = options;
    const { json } = checked(z.object({ json: z.boolean().default(false) }), options);
    const folders = modelFolders(args[0]!);
    const settings = dataSettings(folders[0]!, chosen);
    await startBackend(settings.backend);
    const silent = { write: () => {} };
    const data = await openData(settings, json ? silent : output, signal);
    const context = { settings, data, output, folder: "", onSkip: reportOnce(json ? silent : output) };
    const judged: Judged[] = [];
    for (const folder of folders) {
      signal?.throwIfAborted();
      const opened = await openModel(folder);
      requireSameClasses(folder, opened.classNames, data.classNames);
      const ratio = options.evaluationCrop === undefined ? opened.centreCrop?.ratio : settings.evaluationCrop;
      const centreCrop = ratio === undefined || ratio === 1 ? undefined : { ratio };
      const validation = data.validation.withUpright(opened.upright);
      const pictures = await heldOutImages(
        { ...context, data: { ...data, validation } },
        opened.imageSize,
        centreCrop,
      );
      const predictions = await predictionsOf(opened, pictures, microBatchSizeOf(settings));
      const confusion = confusionMatrix(predictions, data.classNames.length);
      judged.push({ model: folder, accuracy: accuracyOf(confusion), confusion });
      opened.model.dispose();
    }
    output.write(
      json ? `${jsonOf(data, judged)}\n` : `${data.description}\n\n${tableOf(data.classNames, judged)}\n`,
    );
  },
};

interface Judged {
  readonly model: string;
  readonly accuracy: number;
  readonly confusion: readonly (readonly number[])[];
}

/** All models of a run, or the one. */
function modelFolders(path: string): string[] {
  const inRun = STAGES.map((stage) => join(path, stage)).filter((folder) => existsSync(folder));
  if (inRun.length > 0) return inRun;
  if (existsSync(path)) return [path];
  throw new UsageError(`evaluate: expected the folder of a run or of a saved model, got '${path}'`);
}

/** The data that the model was trained on, but for what the options say. */
function dataSettings(folder: string, options: Readonly<Record<string, unknown>>): Settings {
  const run = dirname(folder);
  const saved = existsSync(join(run, "settings.json")) ? savedSettings(run, "evaluate") : {};
  const isOther = options.data !== undefined || options.download === true;
  const { data, download, ...rest } = saved;
  return resolveSettings({ ...rest, ...(!isOther && { data, download: download ?? false }), ...options });
}

function requireSameClasses(path: string, known: readonly string[], given: readonly string[]): void {
  if (known.length === given.length && known.every((name, i) => name === given[i])) return;
  throw new UsageError(
    `${path}: expected data of its classes (${known.join(", ")}), got ${given.join(", ")}`,
  );
}

function tableOf(classNames: readonly string[], judged: readonly Judged[]): string {
  return formatTable(
    ["model", "accuracy", ...classNames],
    judged.map(({ model, accuracy, confusion }) => [
      model,
      percent(accuracy),
      ...classFigures(confusion).map(({ recall }) => (Number.isNaN(recall) ? "–" : percent(recall))),
    ]),
  );
}

function jsonOf({ classNames, description }: FlowerData, judged: readonly Judged[]): string {
  const models = judged.map((one) => ({
    ...one,
    classes: classFigures(one.confusion).map((figures, i) => ({ name: classNames[i], ...figures })),
  }));
  return JSON.stringify({ data: description, classNames, models }, null, 2);
}
