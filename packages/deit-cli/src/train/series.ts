import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { writeAtomically } from "../files/write-atomically.ts";
import { type Comparison, compareArms } from "../judge/compare-arms.ts";
import type { PictureRow } from "../judge/picture-rows.ts";
import { Interrupted } from "../process/interrupted.ts";
import { UsageError } from "../process/usage-error.ts";
import type { RunRanks } from "../ranks/run-ranks.ts";
import { comparisonText, method } from "../report/comparison-text.ts";
import { comparisonPage } from "../report/page/comparison-page.ts";
import { claim } from "../runs/claim.ts";
import { type DataRecord, readDataRecord, requireSamePictures } from "../runs/data-record.ts";
import { readPictures, writePictures } from "../runs/picture-records.ts";
import { resumeCommand } from "../runs/resumed-epochs.ts";
import { makeRunFolder, removeIfEmpty } from "../runs/run-folder.ts";
import { readRecord } from "../runs/run-record.ts";
import { savedSettings, writeSettings } from "../runs/saved-settings.ts";
import { forgetStages, isFinished } from "../runs/stages.ts";
import { differences } from "../settings/differences.ts";
import { resolveSettings } from "../settings/resolve-settings.ts";
import { type Member, membersOf } from "../settings/series.ts";
import type { Settings } from "../settings/settings.ts";
import { percent } from "../terminal/format.ts";
import type { LineOutput } from "../terminal/live-line.ts";
import { formatTable } from "../terminal/table.ts";
import { run } from "./run.ts";
import { NOTHING_SAVED } from "./within-run.ts";

/** Accuracies of one run of a series. */
interface MemberResult {
  readonly name: string;
  readonly seed: number;
  /** Counted from 1; absent without folds. */
  readonly fold?: number;
  /** Accuracy by model, on `pictures` held-out ones. */
  readonly accuracies: Readonly<Record<string, number>>;
  readonly pictures: number;
}

/** Result of a series. */
export interface SeriesResult extends Comparison {
  readonly runs: readonly MemberResult[];
}

/**
 * The same run for several seeds, or for each fold of a cross-validation: each is a whole run in a folder of its own in the series'.
 * In the end the series' folder has `pictures.csv`, `accuracies.csv`, `report.html` and `summary.json`.
 *
 * A series that is resumed continues the run that was stopped; finished ones are not repeated.
 *
 * @param ranks - Processes that train together; this one is rank 0. Default: this one alone.
 * @throws As `run`. UsageError if a series that is resumed is finished, or has other epochs, or if one of its runs has other settings
 * or pictures than the others.
 */
export async function runSeries(
  settings: Settings,
  output: LineOutput,
  signal?: AbortSignal,
  ranks?: RunRanks,
): Promise<SeriesResult> {
  const { resume, out, name } = settings.run;
  if (resume !== undefined) requireUnfinished(resume, settings);
  const folder = resume ?? (await makeRunFolder(out, name));
  const release = await claim(folder);
  try {
    if (resume === undefined) await writeSettings(folder, settings);
    const members = membersOf(settings, folder);
    await requireOneSeries(members);
    const first = join(folder, members[0]!.name);
    for (const [i, member] of members.entries()) {
      output.write(`\n${member.name} (${i + 1} of ${members.length})\n`);
      await runMember(member, first, output, signal, ranks);
      tf.disposeVariables(); // the models of this run
    }
    return await conclude(folder, settings, members, output);
  } catch (error) {
    await removeIfEmpty(folder, { logs: "remove" });
    if (!(error instanceof Interrupted)) throw error;
    const again = existsSync(folder) && resumeCommand("train", folder, settings, ranks);
    throw new Interrupted(again ? `stopped and saved; to resume: ${again}` : NOTHING_SAVED);
  } finally {
    await release();
  }
}

function requireUnfinished(folder: string, { recipe }: Settings): void {
  if (isFinished(folder))
    throw new UsageError(`--resume: expected a series that is not finished, got '${folder}'`);
  const epochs = savedSettings(folder)["recipe.epochs"];
  if (epochs !== recipe.epochs)
    throw new UsageError(
      `--epochs: expected ${epochs}, as in the other runs of '${folder}', got ${recipe.epochs}`,
    );
}

/** @throws UsageError naming a run that has begun with other settings or pictures than the series would give it. */
async function requireOneSeries(members: readonly Member[]): Promise<void> {
  let first: DataRecord | undefined;
  for (const { name, settings } of members) {
    const folder = join(settings.run.out, name);
    if (!existsSync(join(folder, "settings.json"))) continue;
    const differing = differences(settings, resolveSettings(savedSettings(folder)));
    if (differing !== undefined)
      throw new UsageError(
        `--resume: ${name}: expected the settings of the series, got a run with others: ${differing}`,
      );
    const record = await readDataRecord(folder);
    first ??= record;
    if (record !== undefined && first !== undefined) requireSamePictures(`--resume: ${name}`, record, first);
  }
}

/** @param first - Folder of the series' first run, whose pictures the others have too. */
async function runMember(
  { settings }: Member,
  first: string,
  output: LineOutput,
  signal: AbortSignal | undefined,
  ranks: RunRanks | undefined,
): Promise<void> {
  const folder = join(settings.run.out, settings.run.name);
  if (isFinished(folder)) {
    await forgetStages(folder); // left by a crash
    output.write("finished before\n");
    return;
  }
  signal?.throwIfAborted();
  const hasBegun = existsSync(join(folder, "settings.json"));
  if (!hasBegun) await rm(folder, { recursive: true, force: true }); // killed before there was anything in it
  const resumed = { ...settings, run: { ...settings.run, resume: folder } };
  await run(hasBegun ? resumed : settings, output, signal, first, ranks);
}

async function conclude(
  folder: string,
  settings: Settings,
  members: readonly Member[],
  output: LineOutput,
): Promise<SeriesResult> {
  const rows: PictureRow[] = [];
  const runs: MemberResult[] = [];
  for (const { name, settings: own } of members) {
    const path = join(folder, name);
    rows.push(...(await readPictures(path)));
    const { models, environment } = await readRecord(path);
    const { fold } = own.data;
    const accuracies = Object.fromEntries(models.map((model) => [model.name, model.valAccuracy]));
    const pictures = environment.validationImages;
    runs.push({ name, seed: own.run.seed, ...(fold && { fold }), accuracies, pictures });
  }
  const isByFolds = settings.data.folds !== undefined;
  const comparison = compareArms(rows, (arm) => arm !== "teacher");
  const result = { runs, ...comparison };
  await writePictures(folder, rows);
  await writeAtomically(join(folder, "accuracies.csv"), accuraciesCsv(runs));
  const page = { name: basename(folder), comparison, isByFolds, runs };
  await writeAtomically(join(folder, "report.html"), comparisonPage(page));
  const summary = { ...result, method: method(comparison, isByFolds) };
  await writeAtomically(join(folder, "summary.json"), `${JSON.stringify(summary, null, 2)}\n`); // marks the series as finished
  output.write(`\n${runsTable(runs)}\n\n${comparisonText(comparison, isByFolds)}\n\n`);
  output.write(`series: ${resolve(folder)} (accuracies.csv, pictures.csv, summary.json)\n`);
  output.write(`report: ${resolve(folder, "report.html")}\n`);
  return result;
}

function accuraciesCsv(runs: readonly MemberResult[]): string {
  const rows = runs.flatMap(({ seed, fold, accuracies, pictures }) =>
    Object.entries(accuracies).map(([model, accuracy]) =>
      [seed, fold ?? "", model, pictures, accuracy].join(),
    ),
  );
  return `${["seed,fold,model,pictures,accuracy", ...rows].join("\n")}\n`;
}

function runsTable(runs: readonly MemberResult[]): string {
  const models = Object.keys(runs[0]!.accuracies);
  return formatTable(
    ["run", ...models],
    runs.map(({ name, accuracies }) => [name, ...models.map((model) => percent(accuracies[model]!))]),
  );
}
