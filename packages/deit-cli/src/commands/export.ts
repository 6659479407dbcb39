import { existsSync, realpathSync } from "node:fs";
import { dirname, isAbsolute, join, relative } from "node:path";
import { outputsOfLayers } from "distill-trainer";
import { startBackend } from "tfjs-backends";
import { type CardAccuracy, type ExportFormat, exportFiles, modelCard } from "vit-export";
import { requireExportFolder, writeExport } from "vit-export/node";
import { JUDGED_PICTURES, judgedModels, judgedSettings } from "../evaluation/judged-models.ts";
import { cardOf } from "../export/card-of.ts";
import { exportedView } from "../export/exported-view.ts";
import { measuredExport } from "../export/measured-export.ts";
import { shortPath } from "../files/short-path.ts";
import { newestRun } from "../models/newest-run.ts";
import { modelFolderOf, type OpenedModel, openModel } from "../models/open-model.ts";
import { UsageError } from "../process/usage-error.ts";
import { readRecord } from "../runs/run-record.ts";
import { isFinished } from "../runs/stages.ts";
import { resolveDataSettings } from "../settings/resolve-settings.ts";
import { percent } from "../terminal/format.ts";
import type { Call, Command } from "./command.ts";

const PROGRAMS: Readonly<Record<ExportFormat, string>> = {
  huggingface: "transformers",
  timm: "timm",
  onnx: "ONNX",
  tfjs: "tfjs",
};

export const exportModel: Command = {
  name: "export",
  what: "Write a model as a folder for transformers, timm, ONNX Runtime, transformers.js and tfjs, with a model card",
  settingsOf: "run",
  options: [
    ...(["to", "int8", "formats", "license", "model", "out", "pixels", "outputs", "split"] as const),
    ...JUDGED_PICTURES.filter((name) => name !== "evaluationCrop"),
    ...(["backend", "verbose", "config"] as const),
  ],
  examples: [
    "export --to exported",
    "export --model runs/photos --to exported --int8 --license apache-2.0",
    "export --model runs/photos/student-alone --to exported --formats huggingface,onnx",
  ],
  run: async (call) => {
    const { edits, use, output } = call;
    const { to, int8 = false, formats, license } = use;
    if (to === undefined)
      throw new UsageError("export: expected --to, a folder that is new or an earlier export");
    await asUsage(() => requireExportFolder(to));
    const { run } = resolveDataSettings(edits);
    const folder = modelFolderOf(use.model ?? newestRun(run.out));
    requireElsewhere(to, folder);
    await startBackend(run.backend);
    const opened = await openModel(folder, use);
    const model = layersModelOf(opened);
    const { classNames, multiLabel, temperature } = opened;
    const view = exportedView(opened);
    const exported = await asUsage(() =>
      exportFiles(model, {
        ...{ classNames, preprocessing: view.preprocessing, multiLabel, int8 },
        ...(temperature !== undefined && { temperature }),
        ...(formats && { formats }),
      }),
    );
    const notes = notesOf(opened, view.isOwn);
    const measured = await accuracies(call, opened, (models) =>
      measuredExport(models, opened, view, exported.files),
    );
    if (typeof measured === "string") notes.push(`Its accuracy was not measured at the export: ${measured}.`);
    const accuracy = typeof measured === "string" ? [] : measured;
    const runFolder = dirname(folder);
    const record = isFinished(runFolder) ? await readRecord(runFolder) : undefined;
    const card = modelCard(
      exported,
      view.preprocessing,
      cardOf({ folder, run: record, accuracy, license, notes }),
    );
    await writeExport(to, [...exported.files, { path: "README.md", data: card }]);
    output.write(
      `${shortPath(to)}: ${exported.formats.map((format) => PROGRAMS[format]).join(", ")}; see README.md in it\n`,
    );
    for (const { format, reason } of exported.leftOut)
      output.write(`not for ${PROGRAMS[format]}: ${reason}\n`);
    if (typeof measured === "string") output.write(`accuracy not measured: ${measured}\n`);
    for (const { what, metric = "accuracy", value, pictures } of accuracy)
      output.write(`${metric} ${percent(value)} of ${pictures.toLocaleString("en")} pictures: ${what}\n`);
  },
};

/** @throws UsageError if the export would replace the model that it is made of. */
function requireElsewhere(to: string, folder: string): void {
  if (![to, folder].every((path) => existsSync(path))) return;
  const inner = relative(realpathSync(to), realpathSync(folder));
  if (inner === "" || !(inner.startsWith("..") || isAbsolute(inner)))
    throw new UsageError(`export: expected --to to be another folder than that of the model, got '${to}'`);
}

/** The model as layers, with logits. @throws UsageError for a model of another kind, or of probabilities. */
function layersModelOf({ path, classifier }: OpenedModel) {
  const { layersModel, found, notes } = classifier;
  if (layersModel === undefined)
    throw new UsageError(
      `--model: expected a model of layers, which can be written in other formats, got ${path}, ${found}`,
    );
  const outputs = notes.outputs ?? outputsOfLayers(layersModel) ?? "logits";
  if (outputs !== "logits")
    throw new UsageError(
      `--model: expected a model that answers with logits, got ${path}, which answers with ${outputs}`,
    );
  return layersModel;
}

/** Sentences for the card on what other programs do in another way. */
function notesOf({ upright, temperature, multiLabel }: OpenedModel, isOwnView: boolean): string[] {
  return [
    ...(isOwnView
      ? ["Programs differ by a pixel in where they crop if the margin is odd."]
      : [
          "It was judged in training on pictures resized in another way than other programs have a word for (as TensorFlow resizes, without antialiasing, or to cover a rectangle): the accuracy with the exported preprocessing is above.",
        ]),
    ...(upright
      ? []
      : ["Photos were not rotated by their EXIF orientation; transformers' pipeline rotates them."]),
    ...(temperature === undefined
      ? []
      : [
          `Its probabilities are calibrated: the logits are those of the training divided by ${temperature.toFixed(3)}.`,
        ]),
    ...(multiLabel ? ["A picture may have several classes: take a sigmoid of each logit."] : []),
  ];
}

/** Measures on the run's held-out pictures or those of `--data`; why that cannot be, where it cannot. */
async function accuracies(
  { edits, use, output, signal }: Call,
  { path }: OpenedModel,
  measure: (models: Awaited<ReturnType<typeof judgedModels>>) => Promise<CardAccuracy[]>,
): Promise<CardAccuracy[] | string> {
  const isGiven = edits["data.path"] !== undefined || edits["data.download"] === true;
  if (!isGiven && !existsSync(join(dirname(path), "settings.json")))
    return "it lies in no run, and no --data was given";
  const by = { command: "export", edits, split: use.split, output, signal };
  let models: Awaited<ReturnType<typeof judgedModels>>;
  try {
    models = await judgedModels(judgedSettings(path, by), by);
  } catch (error) {
    if (isGiven) throw error;
    return `the run's pictures could not be opened (${(error as Error).message})`;
  }
  return measure(models);
}

/** @throws UsageError in place of a RangeError, without the function's name. */
async function asUsage<Result>(use: () => Promise<Result>): Promise<Result> {
  try {
    return await use();
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message.replace(/^\w+: /, "export: "));
    throw error;
  }
}
