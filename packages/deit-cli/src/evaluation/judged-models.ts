import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { SampleStore } from "image-source";
import { withoutModel } from "open-classifier";
import { type FlowerData, openData } from "../data/open-data.ts";
import { placesOf } from "../models/class-names.ts";
import type { OpenedModel } from "../models/open-model.ts";
import type { ViewedModel } from "../models/viewed-model.ts";
import type { Edits } from "../options/edits.ts";
import type { OptionName } from "../options/option-table.ts";
import { UsageError } from "../process/usage-error.ts";
import { type RunContext, reportOnce } from "../runs/context.ts";
import { dataRecord, readDataRecord } from "../runs/data-record.ts";
import { savedSettings } from "../runs/saved-settings.ts";
import { STAGE_NAMES } from "../runs/stages.ts";
import { requireDrawn } from "../settings/require-drawn.ts";
import { resolveDataSettings } from "../settings/resolve-settings.ts";
import type { Settings } from "../settings/settings.ts";
import type { LineOutput } from "../terminal/live-line.ts";
import { heldOutImages } from "../training/image-sources.ts";

/** Options that say which pictures are judged, and how they are read. */
export const JUDGED_PICTURES = [
  ...(["data", "labelsFile", "nestedClasses", "valData", "download", "cache", "count", "heldOut"] as const),
  ...(["dataSeed", "seed", "maxPixels", "skipBadImages", "workers", "microBatchSize"] as const),
  "evaluationCrop",
] as const satisfies readonly OptionName[];

/** Models to judge, and the data to judge them on. */
export interface JudgedModels {
  /** Folders of the models. */
  readonly folders: readonly string[];
  readonly settings: Settings;
  /** The pictures to judge are its `validation`. */
  readonly data: FlowerData;
  /** Which pictures these are, in words. */
  readonly pictures: string;
  readonly context: RunContext;
}

const WORDS = {
  "held-out": "held-out pictures",
  test: "test pictures",
  all: "pictures, all of them",
} as const;

/** What of the command line says which pictures are judged. */
export interface JudgedBy {
  readonly command: string;
  readonly edits: Edits;
  readonly split: keyof typeof WORDS | undefined;
  readonly output: LineOutput;
  readonly signal: AbortSignal | undefined;
}

/**
 * Settings of the models of a run, or of one saved model, with those of the command line over them.
 *
 * @throws UsageError if the path is neither.
 */
export function judgedSettings(
  path: string,
  { command, edits }: Pick<JudgedBy, "command" | "edits">,
): Pick<JudgedModels, "folders" | "settings"> {
  const folders = modelFolders(path, command);
  return { folders, settings: dataSettings(folders[0]!, edits, command) };
}

/** Opens the pictures that the models of {@link judgedSettings} are judged on. */
export async function judgedModels(
  { folders, settings }: Pick<JudgedModels, "folders" | "settings">,
  { command, edits, split, output, signal }: JudgedBy,
): Promise<JudgedModels> {
  const opened = await openData(settings, output, signal, { use: "judge" });
  const judged = split ?? ((await isOfOthers(folders[0]!, opened, edits, command)) ? "all" : "held-out");
  const data = { ...opened, validation: picturesOf(opened, judged) };
  const context = { settings, data, output, folder: "", onSkip: reportOnce(output) };
  return { folders, settings, data, pictures: WORDS[judged], context };
}

/** @throws UsageError if there are none to test. */
function picturesOf(data: FlowerData, split: keyof typeof WORDS): SampleStore {
  if (split === "all") return data.all;
  if (split === "held-out") return data.validation;
  if (data.test !== undefined) return data.test;
  throw new UsageError(
    "--split test: expected data with test pictures, a folder test/ or rows with that split, got none",
  );
}

/**
 * The pictures as a model sees them, and its own class of each of the data's.
 *
 * @throws UsageError if the data have a class that the model does not have.
 */
export async function picturesFor(
  { data, context }: Pick<JudgedModels, "data" | "context">,
  path: string,
  { classNames, imageSize, upright }: ViewedModel,
  centerCrop: OpenedModel["centerCrop"],
): Promise<{
  readonly pictures: Awaited<ReturnType<typeof heldOutImages>>;
  readonly places: readonly number[];
}> {
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
  return { pictures, places };
}

/** Folders of all models of a run, or of the one saved model. */
function modelFolders(path: string, command: string): string[] {
  const inRun = STAGE_NAMES.map((stage) => join(path, stage)).filter((folder) => existsSync(folder));
  if (inRun.length > 0) return inRun;
  if (existsSync(join(path, "settings.json")))
    throw new UsageError(`${command}: expected a run with a trained model, got ${withoutModel(path)}`);
  if (existsSync(path)) return [path];
  throw new UsageError(`${command}: expected the folder of a run or of a saved model, got '${path}'`);
}

/** Settings that go with a run's data, not with other data. */
const WITH_DATA = { "data.labelsFile": undefined, "data.valData": undefined } as const;

/** The precision of a training is not that of what comes after, which may run on another machine. */
const IN_FULL = { "run.precision": "float32" } as const;

/** Settings of the data that the model was trained on, with those of the command line over them. */
function dataSettings(folder: string, edits: Edits, command: string): Settings {
  const run = dirname(folder);
  const saved = existsSync(join(run, "settings.json")) ? savedSettings(run, command) : {};
  const isOther = edits["data.path"] !== undefined || edits["data.download"] === true;
  if (!isOther) requireDrawn(edits, saved);
  const others = isOther && { "data.path": undefined, "data.download": false, ...WITH_DATA };
  return resolveDataSettings({ ...saved, ...others, ...IN_FULL, ...edits });
}

/**
 * Whether the run did not train on the pictures of `--data`, which can all be judged then. Moved data of the run are its own.
 *
 * @throws UsageError for the run's own without its `--val-data`, where the held-out ones are.
 */
async function isOfOthers(folder: string, data: FlowerData, edits: Edits, command: string): Promise<boolean> {
  const path = edits["data.path"];
  if (path === undefined) return false;
  const run = dirname(folder);
  const saved = existsSync(join(run, "settings.json")) ? savedSettings(run, command) : {};
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
