import { existsSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { startBackend } from "tfjs-backends";
import { openData } from "../data/open-data.ts";
import { distinctNames } from "../files/distinct-names.ts";
import { requireOwnOutput } from "../files/own-output.ts";
import { writeAtomically } from "../files/write-atomically.ts";
import { compareArms } from "../judge/compare-arms.ts";
import { PICTURE_COLUMNS, type PictureRow, toCsv } from "../judge/picture-rows.ts";
import type { Edits } from "../options/edits.ts";
import { openPage } from "../process/open-page.ts";
import { UsageError } from "../process/usage-error.ts";
import { comparisonText, method } from "../report/comparison-text.ts";
import { COMPARISON, comparisonPage } from "../report/page/comparison-page.ts";
import { writeReport } from "../report/write-report.ts";
import { reportOnce } from "../runs/context.ts";
import { readDataRecord } from "../runs/data-record.ts";
import { readPictures } from "../runs/picture-records.ts";
import { readRecord } from "../runs/run-record.ts";
import { savedSettings } from "../runs/saved-settings.ts";
import { forgetStages, isFinished } from "../runs/stages.ts";
import { resolveDataSettings } from "../settings/resolve-settings.ts";
import { isSeries } from "../settings/series.ts";
import { decisiveSettings } from "../settings/settings.ts";
import type { Call, Command } from "./command.ts";

export const report: Command = {
  name: "report",
  what: "Write a finished run's report again, or compare the models of several runs and series",
  settingsOf: "run",
  argument: { name: "runs", many: true },
  options: [
    ...(["data", "labelsFile", "valData", "cache", "backend", "workers", "maxPixels"] as const),
    "microBatchSize",
    ...(["open", "csv", "html", "json", "verbose", "config"] as const),
  ],
  examples: [
    "report runs/demo",
    "report runs/photos --data /elsewhere/flower_photos.tgz",
    "report runs/three-seeds --json",
    "report runs/plain runs/features --html comparison.html",
  ],
  run: async (call) => {
    const { args, use } = call;
    const [folder] = args;
    if (args.length > 1 || isOfSeries(folder!)) {
      if (use.open && use.html === undefined)
        throw new UsageError("--open: expected --html with it, the page that is opened, got none");
      return compare(call);
    }
    if (use.json || use.csv !== undefined || use.html !== undefined)
      throw new UsageError(
        "--json, --csv, --html: expected several runs, or a series, to compare, got one run",
      );
    return writeAgain(call);
  },
};

function isOfSeries(folder: string): boolean {
  const hasSettings = existsSync(join(folder, "settings.json"));
  return hasSettings && isSeries(resolveDataSettings(savedSettings(folder, "report")));
}

/** Writes a run's report again. */
async function writeAgain({ args, edits, use, output, signal }: Call): Promise<void> {
  const folder = args[0]!;
  const result = await readRecord(folder);
  if (isFinished(folder)) await forgetStages(folder); // left by a crash
  const isMoved = edits["data.path"] !== undefined; // no download then
  const moved = isMoved && { "data.download": false };
  const settings = resolveDataSettings({ ...savedSettings(folder, "report"), ...moved, ...edits });
  await startBackend(settings.run.backend);
  const data = await openData(settings, output, signal, { use: "judge" }); // its held-out pictures
  const path = await writeReport({ settings, data, output, folder, onSkip: reportOnce(output) }, result);
  output.write(`report: ${resolve(path)}\n`);
  if (use.open) await openPage(path, output);
}

/** Compares the models of runs and series, from their `pictures.csv`. */
async function compare({ args, use, output }: Call): Promise<void> {
  if (use.csv !== undefined) await requireOwnTable(use.csv);
  if (use.html !== undefined) await requireOwnOutput("--html", use.html, COMPARISON);
  for (const folder of args) await requireAccuracies(folder);
  const settings = args.map((folder) => resolveDataSettings(savedSettings(folder, "report")));
  const ways = settings.map((one) => JSON.stringify(withoutSeeds(decisiveSettings(one))));
  const different = [...new Set(ways)];
  const names = distinctNames(different.map((way) => args[ways.indexOf(way)]!)); // runs that differ by seeds only are arms together
  const rows: PictureRow[] = [];
  for (const [i, folder] of args.entries()) {
    const name = names[different.indexOf(ways[i]!)]!;
    const own = await readPictures(folder);
    rows.push(...own.map((row) => (names.length === 1 ? row : { ...row, arm: `${name}: ${row.arm}` })));
  }
  const comparison = compareArms(rows, (arm) => !arm.endsWith("teacher"));
  const isByFolds = settings.some(({ data }) => data.folds !== undefined);
  if (use.csv !== undefined) await writeAtomically(use.csv, toCsv(rows));
  const json = JSON.stringify({ ...comparison, method: method(comparison, isByFolds) }, null, 2);
  output.write(`${use.json ? json : comparisonText(comparison, isByFolds)}\n`);
  if (use.html !== undefined) {
    const name = args.map((folder) => basename(resolve(folder))).join(", ");
    await writeAtomically(use.html, comparisonPage({ name, comparison, isByFolds }));
    if (!use.json) output.write(`\nreport: ${resolve(use.html)}\n`);
    if (use.open) await openPage(use.html, output);
  }
  if (use.csv !== undefined && !use.json) output.write(`\npictures: ${resolve(use.csv)}\n`);
}

/** @throws UsageError for a run on pictures with several labels, which has other figures. */
async function requireAccuracies(folder: string): Promise<void> {
  if ((await readDataRecord(folder))?.multiLabel !== true) return;
  throw new UsageError(
    `report: expected runs on pictures with one class each to compare, got '${folder}', with several labels`,
  );
}

/** @throws UsageError for a file of a run, or one that is no table of pictures. */
async function requireOwnTable(path: string): Promise<void> {
  if (existsSync(path) && existsSync(join(dirname(path), "settings.json")))
    throw new UsageError(
      `--csv: expected a new file, or one outside of runs, got '${path}', which is a run's`,
    );
  await requireOwnOutput("--csv", path, PICTURE_COLUMNS);
}

function withoutSeeds(settings: Edits): Edits {
  const free = ["run.seed", "run.seeds", "data.seed", "data.fold"];
  return Object.fromEntries(Object.entries(settings).filter(([path]) => !free.includes(path)));
}
