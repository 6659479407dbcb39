import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type * as tfl from "@tensorflow/tfjs-layers";
import { saveModel } from "named-weights/node";
import { CONTACT_SHEET } from "../data/contact-sheet.ts";
import { pictureRules } from "../data/picture-rules.ts";
import { writeContactSheet } from "../data/write-contact-sheet.ts";
import { SAMPLES, writeSamples } from "../data/write-samples.ts";
import { writeAtomically } from "../files/write-atomically.ts";
import { sendFiles } from "../ranks/files.ts";
import type { RunRanks } from "../ranks/run-ranks.ts";
import { chapter, introduction, keptEpochs, nextCommands, verdict, worth } from "../report/plain-words.ts";
import { resultTable } from "../report/result-table.ts";
import { writeReport } from "../report/write-report.ts";
import type { RunContext } from "../runs/context.ts";
import { describeEnvironment } from "../runs/environment.ts";
import { pictureRows, writePictures } from "../runs/picture-records.ts";
import { writeRecord } from "../runs/run-record.ts";
import { type ModelResult, type RunResult, summaryJson } from "../runs/run-result.ts";
import { filesOfStage, finishedStage, finishStage, forgetStages, stagesOf } from "../runs/stages.ts";
import type { Settings } from "../settings/settings.ts";
import type { StageName } from "../stage-name.ts";
import { trainAlone, trainDistilled } from "../student/student.ts";
import { makeTeacher } from "../teacher/make-teacher.ts";
import type { ReadyTeacher } from "../teacher/teacher.ts";
import type { LineOutput } from "../terminal/live-line.ts";
import { whileBusy } from "../terminal/while-busy.ts";
import { withinRun } from "./within-run.ts";

/** Pictures per class on the contact sheet. */
const SHOWN = 10;

/**
 * A whole run: pictures, a teacher, a student alone, the same student distilled, once or in two ways (or only one of the students), and a
 * report.
 *
 * Writes `<out>/<name>/`: `teacher/`, `student-alone/`, … (tfjs layers models), `settings.json`,
 * `contact-sheet.png`, `samples/`, `summary.json`, `result.json`, `pictures.csv` and `report.html`, each as soon as it is known, and until the end
 * `resume/`, from which a stopped or killed run is resumed with the same result. All files are whole or absent.
 *
 * @param signal - Stops the run after the step under way.
 * @param first - Folder of the first run of a series, whose pictures this one must have too.
 * @param ranks - Processes that train together; this one is rank 0. Default: this one alone.
 * @throws UsageError, or Error of one line, before the folder is made where the cause is known by then. Interrupted with the command
 * that resumes the run.
 */
export function run(
  settings: Settings,
  output: LineOutput,
  signal?: AbortSignal,
  first?: string,
  ranks?: RunRanks,
): Promise<RunResult> {
  const startedAt = performance.now();
  const say = (line: string): void => void output.write(`${line}\n`);
  say(introduction(settings));
  const start = { settings, output, signal, first, ranks, command: "train" } as const;
  return withinRun(start, async ({ context, backend, backbone }) => {
    const { folder, data } = context;
    await whileBusy(output, "drawing the contact sheet", (own) => showData({ ...context, output: own }));
    const models: ModelResult[] = [];
    let teacher: ReadyTeacher | undefined;
    for (const [name] of stagesOf(settings.run)) {
      say(chapter(name, settings));
      if (name === "teacher") {
        teacher = await makeTeacher(context, backbone);
        if (ranks) await sendFiles(ranks, folder, filesOfStage("teacher"));
        models.push(teacher.result);
      } else {
        const train = () =>
          name === "student-alone" ? trainAlone(context) : trainDistilled(context, name, teacher!);
        models.push(await stage(context, name, train));
      }
    }

    const result: RunResult = {
      settings,
      dataDescription: data.description,
      ...(teacher && { teacherDescription: teacher.description }),
      models,
      environment: describeEnvironment(context, backend, models, startedAt),
    };
    await writeRecord(folder, result);
    await writePictures(folder, pictureRows(context, models));
    const report = await whileBusy(output, "writing the report", () => writeReport(context, result));
    await writeAtomically(join(folder, "summary.json"), summaryJson(result.models)); // marks the run as finished
    await forgetStages(folder);
    say(
      `\n${resultTable(result.models)}\n\n${[worth(result), verdict(result), keptEpochs(result)].filter(Boolean).join("\n\n")}\n`,
    );
    say(`${nextCommands(folder, settings.data, data.test)}\n`);
    say(`report: ${resolve(report)}`);
    return result;
  });
}

/** Writes contact sheet and samples, unless an earlier process has. */
async function showData({ folder, data, settings, output }: RunContext): Promise<void> {
  const sheet = join(folder, CONTACT_SHEET);
  if (existsSync(sheet)) return;
  const rules = pictureRules(settings.data);
  await writeSamples(data.validation, join(folder, SAMPLES), rules);
  await writeContactSheet(data.labeled, sheet, { perClass: SHOWN, ...rules });
  output.write(`contact sheet: ${resolve(sheet)} (rows: ${data.classNames.join(", ")})\n`);
}

/** Trains a student, unless an earlier process has. */
async function stage(
  { folder, signal }: RunContext,
  name: StageName,
  train: () => Promise<{ model: tfl.LayersModel; result: ModelResult }>,
): Promise<ModelResult> {
  const finished = await finishedStage(folder, name);
  if (finished !== undefined) return finished.result;
  signal?.throwIfAborted();
  const { model, result } = await train();
  await finishStage(folder, name, (path) => saveModel(model, path), { result });
  return result;
}
