import { realpathSync } from "node:fs";
import { attentionTargets, writeAttention } from "../attention/attention-files.ts";
import { type Mark, requireOwnOutput } from "../files/own-output.ts";
import { writeAtomically } from "../files/write-atomically.ts";
import { THRESHOLD } from "../judge/multi-label.ts";
import { newestRun } from "../models/newest-run.ts";
import { type OpenedModel, openModel } from "../models/open-model.ts";
import { viewedModel } from "../models/viewed-model.ts";
import type { OptionName } from "../options/option-table.ts";
import { requireNone } from "../photos/bad-photo.ts";
import { findPhotos, leftOutLines } from "../photos/find-photos.ts";
import { formatOf, type PredictionFormat, predictionLines } from "../photos/prediction-lines.ts";
import { recognize } from "../photos/recognize.ts";
import { startChosenBackend } from "../process/chosen-backend.ts";
import { UsageError } from "../process/usage-error.ts";
import { resolveDataSettings } from "../settings/resolve-settings.ts";
import { fetchModel } from "../weights/hub-model.ts";
import type { Command } from "./command.ts";
import { requireFormat, type UseSettings } from "./use-settings.ts";

/** Options of the commands that show photos to a saved model. */
export const MODEL_OPTIONS: readonly OptionName[] = [
  ...([
    "model",
    "out",
    "pixels",
    "outputs",
    "maxPixels",
    "backend",
    "precision",
    "verbose",
    "config",
  ] as const),
];

/** Classes of each photo in a form for people. */
const SHOWN = 5;
const MARKS: Readonly<Record<PredictionFormat, Mark | undefined>> = {
  ...{ csv: "file,class,probability", json: '"classes":', jsonl: '"classes":' },
  text: undefined,
};

export const predict: Command = {
  name: "predict",
  what: "Classify photos",
  argument: { name: "photos", many: true },
  options: ["format", "output", "json", "topK", "threshold", "tta", "attention", ...MODEL_OPTIONS],
  examples: [
    "predict photo.jpg",
    "predict photos/ 'more/*.jpg' --model runs/demo/student-alone --json",
    "predict photos/ --output predictions.csv --top-k 3 --tta flip",
    "predict photos/ --model runs/several-labels --threshold 0.3",
    "predict photo.jpg --attention looked-at.png",
  ],
  run: async ({ args, edits, use, output, signal }) => {
    const { run, data } = resolveDataSettings(edits);
    const { attention, tta, output: path, model = newestRun(run.out) } = use;
    const format = predictionFormat(use);
    const isForPeople = format === "text";
    const say = (text: string): void => {
      if (isForPeople || path !== undefined) output.write(text);
    };
    const photos = await findPhotos(args);
    const { files, leftOut } = photos;
    if (path !== undefined) await requireOutput(path, format, files);
    say(leftOutLines(photos));
    const targets = attention === undefined ? undefined : await attentionTargets(files, attention);
    await startChosenBackend(run);
    const found = await fetchModel("--model", model, { write: say }, signal ? { signal } : {});
    const opened = await openModel(found, use);
    const { temperature, classNames } = opened;
    const threshold = thresholdOf(opened, use);
    if (temperature !== undefined)
      say(`probabilities are calibrated: temperature ${temperature.toFixed(3)}\n`);
    if (tta !== undefined) say(`probabilities are the mean over views: ${tta}\n`);
    const isWhole = format === "json" || format === "jsonl" || threshold !== undefined;
    const count = Math.min(use.top ?? (isWhole ? classNames.length : SHOWN), classNames.length);
    const lines = predictionLines(format, count, {
      ...{ model: opened.path, ...(temperature !== undefined && { temperature }), ...(tta && { tta }) },
      ...(threshold !== undefined && { threshold }),
      leftOut,
    });
    const written: string[] = [];
    const write = (text: string): void => {
      if (path === undefined) output.write(text);
      else written.push(text);
    };
    const errors: string[] = [];
    write(lines.begin);
    let index = 0;
    for await (const one of recognize(viewedModel(opened, tta), files, data)) {
      signal?.throwIfAborted();
      if ("error" in one) {
        errors.push(one.error);
        if (path !== undefined) output.write(`${one.error}\n`);
        write(lines.line(one));
      } else {
        if (targets !== undefined) await writeAttention(opened, one.file, targets[index]!, data);
        write(lines.line({ ...one, ...(targets !== undefined && { attention: targets[index]! }) }));
      }
      index += 1;
    }
    write(lines.end());
    if (path !== undefined) {
      await writeAtomically(path, written.join(""));
      output.write(`${path}: predictions for ${files.length - errors.length} of ${files.length} photos\n`);
    }
    if (targets !== undefined) say(`attention: ${attention}\n`);
    requireNone(errors, files.length);
  },
};

/** Probability above which a class is shown, of a model of several labels; `undefined` for others. @throws UsageError for one that is given then. */
function thresholdOf({ path, multiLabel }: OpenedModel, { threshold }: UseSettings): number | undefined {
  if (multiLabel) return threshold ?? THRESHOLD;
  if (threshold === undefined) return undefined;
  throw new UsageError(
    `--threshold: expected a model of several labels, got ${path}, of one class a photo; see --top-k`,
  );
}

function predictionFormat({ json, format, output }: UseSettings): PredictionFormat {
  if (json && format !== undefined && format !== "json")
    throw new UsageError(`--json: expected no other --format with it, got --format ${format}`);
  const given = requireFormat("predict", json ? "json" : format, output);
  return given ?? (output === undefined ? "text" : formatOf(output));
}

async function requireOutput(
  path: string,
  format: PredictionFormat,
  photos: readonly string[],
): Promise<void> {
  const real = (file: string): string => {
    try {
      return realpathSync(file);
    } catch {
      return file;
    }
  };
  if (photos.some((photo) => real(photo) === real(path)))
    throw new UsageError(`--output: expected a file that is not a photo of the command line, got '${path}'`);
  await requireOwnOutput("--output", path, MARKS[format]);
}
