import { existsSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import type * as tfl from "@tensorflow/tfjs-layers";
import { startBackend } from "tfjs-backends";
import { type RunContext, reportOnce } from "./context.ts";
import { openData } from "./data/open-data.ts";
import { describeEnvironment } from "./environment.ts";
import { makeRunFolder, removeIfEmpty } from "./files/run-folder.ts";
import { finishedStage, finishStage, forgetStages, type StageName } from "./files/stages.ts";
import { writeAtomically } from "./files/write-atomically.ts";
import { requireInitialWeights } from "./initial-weights.ts";
import { Interrupted } from "./interrupted.ts";
import { htmlReport } from "./report/html.ts";
import { type ModelResult, type RunResult, summaryJson } from "./run-result.ts";
import type { Settings } from "./settings.ts";
import { trainAlone, trainDistilled } from "./student.ts";
import { studentConfig } from "./student-config.ts";
import { type Backbone, loadBackbone } from "./teacher/backbone.ts";
import { preparePretrainedTeacher } from "./teacher/pretrained-teacher.ts";
import { savedTeacher } from "./teacher/saved-teacher.ts";
import type { ReadyTeacher } from "./teacher/teacher.ts";
import { trainBitTeacher } from "./teacher/train-bit-teacher.ts";
import { percent, rate } from "./terminal/format.ts";
import type { LineOutput } from "./terminal/live-line.ts";
import { formatTable } from "./terminal/table.ts";
import { UsageError } from "./usage-error.ts";

/**
 * The whole program: pictures, a teacher, a student alone, the same student distilled, and what came of it.
 *
 * Writes `<out>/<name>/`: `teacher/`, `student-alone/`, `student-distilled/` (tfjs layers models), `settings.json`,
 * `summary.json` and `report.html`, each as soon as it is known, and until then `resume/`, from which a run that was
 * stopped or killed goes on to the same end. All files are whole or absent.
 *
 * @param signal - Stops the run after the step under way.
 * @throws UsageError, or Error of one line, before the folder is made where the cause could be known by then. Interrupted
 * that says how to go on.
 */
export async function run(settings: Settings, output: LineOutput, signal?: AbortSignal): Promise<RunResult> {
  const startedAt = performance.now();
  const say = (line: string): void => void output.write(`${line}\n`);

  if (settings.resume !== undefined && existsSync(join(settings.resume, "summary.json"))) {
    throw new UsageError(`--resume: expected a run that is not finished, got '${settings.resume}'`);
  }
  const backend = await startBackend(settings.backend);
  say(`backend: ${backend.name} (${backend.detail})`);
  const data = await openData(settings, output);
  say(`data: ${data.description}`);
  const backbone =
    settings.teacher === undefined ? undefined : await loadBackbone(settings.teacher, data.classNames.length);
  if (settings.weights !== undefined) {
    await requireInitialWeights(studentConfig(settings, data.classNames.length), settings.weights);
  }

  const folder = settings.resume ?? (await makeRunFolder(settings.out, settings.name));
  const context: RunContext = {
    settings,
    data,
    output,
    folder,
    onSkip: reportOnce(output),
    ...(signal && { signal }),
  };
  try {
    if (settings.resume === undefined) {
      await writeAtomically(join(folder, "settings.json"), `${JSON.stringify(settings, null, 2)}\n`);
    }
    const teacher = (await savedTeacher(folder)) ?? (await makeTeacher(context, backbone));
    const alone = await stage(context, "student-alone", () => trainAlone(context));
    const distilled = await stage(context, "student-distilled", () => trainDistilled(context, teacher));

    const result: RunResult = {
      settings,
      dataDescription: data.description,
      teacherDescription: teacher.description,
      models: [teacher.result, alone, distilled],
      environment: describeEnvironment(backend, data, startedAt),
    };
    await writeAtomically(join(folder, "summary.json"), summaryJson(result.models));
    const report = join(folder, "report.html");
    await writeAtomically(report, htmlReport(result));
    await forgetStages(folder);
    say(`\n${resultTable(result.models)}\n\nreport: ${resolve(report)}`);
    return result;
  } catch (error) {
    await removeIfEmpty(folder);
    if (!(error instanceof Interrupted)) throw error;
    const isKept = existsSync(folder);
    throw new Interrupted(
      isKept
        ? `stopped and saved; to go on: npx pnpm@12 start --resume ${relative(".", folder)}`
        : "stopped before there was anything to save",
    );
  }
}

async function makeTeacher(context: RunContext, backbone: Backbone | undefined): Promise<ReadyTeacher> {
  context.signal?.throwIfAborted();
  const teacher =
    backbone === undefined
      ? await trainBitTeacher(context)
      : await preparePretrainedTeacher(context, backbone);
  const { model, result, description } = teacher;
  await finishStage(context.folder, "teacher", model, { result, description });
  return teacher;
}

/** Trains a student, unless an earlier part of the run has. */
async function stage(
  { folder, signal }: RunContext,
  name: StageName,
  train: () => Promise<{ model: tfl.LayersModel; result: ModelResult }>,
): Promise<ModelResult> {
  const finished = await finishedStage(folder, name);
  if (finished !== undefined) return finished.result;
  signal?.throwIfAborted();
  const { model, result } = await train();
  await finishStage(folder, name, model, { result });
  return result;
}

function resultTable(models: readonly ModelResult[]): string {
  return formatTable(
    ["model", "parameters", "validation accuracy", "images/s", "images/s in training"],
    models.map(({ name, params, valAccuracy, imagesPerSecond, trainImagesPerSecond }) => [
      name,
      params.toLocaleString("en"),
      percent(valAccuracy),
      rate(imagesPerSecond),
      trainImagesPerSecond === undefined ? "–" : rate(trainImagesPerSecond),
    ]),
  );
}
