import { existsSync } from "node:fs";
import { join } from "node:path";
import { recipeTask } from "distill-trainer";
import type { StartedBackend } from "tfjs-backends";
import { type FlowerData, openData } from "../data/open-data.ts";
import { requireOneLabel, requireTrainableLabels } from "../data/require-labels.ts";
import { removeTemporaries } from "../files/write-atomically.ts";
import { describeRanks, openOnRanks } from "../follow/open-on-ranks.ts";
import { requireInitialWeights } from "../models/initial-weights.ts";
import { checked } from "../options/checked.ts";
import { startChosenBackend } from "../process/chosen-backend.ts";
import { FASTER, fasterNode } from "../process/faster-node.ts";
import { Interrupted, orInterrupted } from "../process/interrupted.ts";
import { UsageError } from "../process/usage-error.ts";
import type { RunRanks } from "../ranks/run-ranks.ts";
import { claim } from "../runs/claim.ts";
import { type RunContext, reportOnce } from "../runs/context.ts";
import {
  dataRecord,
  readDataRecord,
  requireSameData,
  requireSamePictures,
  writeDataRecord,
} from "../runs/data-record.ts";
import { type ResumeCommand, requireSameEpochs, resumeCommand } from "../runs/resumed-epochs.ts";
import { makeRunFolder, removeIfEmpty } from "../runs/run-folder.ts";
import { writeSettings } from "../runs/saved-settings.ts";
import { forgetStages, isFinished } from "../runs/stages.ts";
import type { Settings } from "../settings/settings.ts";
import { studentConfig } from "../settings/student-config.ts";
import { requireHints } from "../student/require-hints.ts";
import { labelData } from "../student/student-task.ts";
import { type Backbone, loadBackbone } from "../teacher/backbone.ts";
import { requireCrossFit } from "../teacher/cross-fit.ts";
import type { LineOutput } from "../terminal/live-line.ts";
import { whileBusy } from "../terminal/while-busy.ts";
import { fetchModel } from "../weights/hub-model.ts";
import { fetchWeights } from "../weights/weights-file.ts";

/** Options of {@link withinRun}. */
export interface RunStart {
  readonly settings: Settings;
  readonly output: LineOutput;
  /** Stops the run after the step under way. */
  readonly signal: AbortSignal | undefined;
  /** Processes that train together. Default: this one alone. */
  readonly ranks?: RunRanks | undefined;
  /** Folder of the first run of a series, whose pictures this one must have too. */
  readonly first?: string | undefined;
  /** Command that resumes the run. */
  readonly command: ResumeCommand;
}

/** An open run. */
export interface OpenRun {
  readonly context: RunContext;
  readonly backend: StartedBackend;
  /** Model of `run.teacher`, if there is one. */
  readonly backbone: Backbone | undefined;
}

interface Opened extends Omit<OpenRun, "context"> {
  readonly data: FlowerData;
}

export const NOTHING_SAVED = "stopped before there was anything to save";

/**
 * Opens data, teacher and the run's folder, and calls `use`. The folder of a run that is stopped before anything is saved is removed;
 * a run that fails in training keeps its log.
 *
 * @throws UsageError, or Error of one line, before the folder is made where the cause is known by then. Interrupted
 * with the command that resumes the run.
 */
export async function withinRun<T>(start: RunStart, use: (run: OpenRun) => Promise<T>): Promise<T> {
  const { settings, output, signal, command, ranks } = start;
  const { resume, out, name } = settings.run;
  if (resume !== undefined && isFinished(resume)) {
    await forgetStages(resume); // left by a crash
    throw new UsageError(`--resume: expected a run that is not finished, got '${resume}'`);
  }
  if (resume !== undefined) await requireSameEpochs(resume, settings);
  const opened = await orInterrupted(open(start), signal).catch((error: unknown) => {
    if (!(error instanceof Interrupted)) throw error;
    throw new Interrupted(
      resume === undefined
        ? NOTHING_SAVED
        : `stopped; to resume: ${resumeCommand(command, resume, settings, ranks)}`,
    );
  });
  if (ranks !== undefined) await openOnRanks(ranks, settings, opened);
  const folder = resume ?? (await makeRunFolder(out, name));
  const release = await claim(folder);
  const onSkip = reportOnce(output);
  const context: RunContext = {
    settings,
    data: opened.data,
    output,
    folder,
    onSkip,
    ...(signal && { signal }),
    ...(ranks && { ranks }),
  };
  try {
    await removeTemporaries(folder);
    if (resume === undefined) {
      await writeSettings(folder, settings);
      await writeDataRecord(folder, opened.data);
    }
    const result = await use({ context, backend: opened.backend, backbone: opened.backbone });
    await ranks?.tell({ kind: "close" });
    return result;
  } catch (error) {
    if (!(error instanceof Interrupted)) {
      await removeIfEmpty(folder, { logs: "keep" });
      throw error;
    }
    await removeIfEmpty(folder, { logs: "remove" });
    const again = existsSync(folder) && resumeCommand(command, folder, settings, ranks);
    throw new Interrupted(again ? `stopped and saved; to resume: ${again}` : NOTHING_SAVED);
  } finally {
    await release();
  }
}

/** Opens backend, data and teacher, before the run's folder is made: errors of theirs leave nothing behind. */
async function open({ settings, output, signal, first, command, ranks }: RunStart): Promise<Opened> {
  const { weights, selectFrom } = settings.model;
  if (weights !== undefined) await fetchWeights("--weights", weights, output, { signal });
  if (selectFrom !== undefined) await fetchWeights("--select-from", selectFrom, output, { signal });
  const backend = await whileBusy(output, "starting the backend", () => startChosenBackend(settings.run));
  const detail = backend.detail.replace(/: Node \d+ or later[^)]*/, ""); // said below, once
  output.write(`backend: ${backend.name}, ${detail}\n`);
  if (ranks !== undefined) output.write(`${describeRanks(ranks, settings)}\n`);
  else if (settings.run.compression !== undefined)
    output.write(
      `compression: ${settings.run.compression} is for sums between several processes; this one sums nothing\n`,
    );
  const faster = isFirst(settings, first) ? fasterNode(backend.name, process.argv.slice(2)) : undefined;
  // Not by npx under a launcher: it ends at the launcher's signal, before anything is saved.
  const how = ranks === undefined ? `:\n  ${faster}` : ", where it is the first on the PATH";
  if (faster !== undefined) output.write(`faster: Node 24 trains ${FASTER} as this one${how}\n`);
  const isDrawn = settings.data.path === undefined && !settings.data.download;
  const reading = isDrawn ? "drawing flowers" : "reading the photos";
  const data = await whileBusy(output, reading, (own) => openData(settings, own, signal));
  output.write(`data: ${data.description}\n`);
  if (command === "teacher") requireOneLabel(command, data.all);
  requireTrainableLabels(data.all, settings, first !== undefined);
  if (data.all.multiHot !== undefined)
    output.write("accuracy by epoch is exact match: all classes of a picture right\n");
  const { resume, teacher } = settings.run;
  if (resume !== undefined) await requireSameData(resume, data);
  const record = first === undefined ? undefined : await readDataRecord(first);
  if (record !== undefined) requireSamePictures(settings.run.name, dataRecord(data), record);
  checked(() => recipeTask(settings.recipe, labelData(data)));
  const { classNames } = data;
  const load = async (model: string) => {
    const path = await fetchModel("--teacher", model, output, signal ? { signal } : {});
    return loadBackbone(path, classNames, settings.run);
  };
  const backbone =
    teacher === undefined ? undefined : await whileBusy(output, "loading the teacher", () => load(teacher));
  requireCrossFit(settings, data, backbone);
  const hints = requireHints(settings, classNames.length, backbone);
  if (hints !== undefined) output.write(`${hints}\n`);
  const config = studentConfig(settings, classNames.length);
  const start = await whileBusy(output, "building the student", () =>
    requireInitialWeights(config, settings.model),
  );
  if (start !== undefined) output.write(`${start}\n`);
  return { data, backend, backbone };
}

/** Whether a run has just been asked for: it is neither resumed nor a later one of a series. */
function isFirst({ run }: Settings, first: string | undefined): boolean {
  return run.resume === undefined && (first === undefined || first === join(run.out, run.name));
}
