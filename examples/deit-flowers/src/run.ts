import { join, resolve } from "node:path";
import { startBackend } from "tfjs-backends";
import { type RunContext, reportOnce } from "./context.ts";
import { openData } from "./data/open-data.ts";
import { describeEnvironment } from "./environment.ts";
import { saveLayersModelFile } from "./files/layers-model-files.ts";
import { makeRunFolder, removeIfEmpty } from "./files/run-folder.ts";
import { writeAtomically } from "./files/write-atomically.ts";
import { htmlReport } from "./report/html.ts";
import { type ModelResult, type RunResult, summaryJson } from "./run-result.ts";
import type { Settings } from "./settings.ts";
import { trainAlone, trainDistilled } from "./student.ts";
import { loadBackbone } from "./teacher/backbone.ts";
import { preparePretrainedTeacher } from "./teacher/pretrained-teacher.ts";
import { trainConvTeacher } from "./teacher/train-conv-teacher.ts";
import { percent, rate } from "./terminal/format.ts";
import type { LineOutput } from "./terminal/live-line.ts";
import { formatTable } from "./terminal/table.ts";

/**
 * The whole program: pictures, a teacher, a student alone, the same student distilled, and what came of it.
 *
 * Writes `<out>/<name>/`: `teacher/`, `student-alone/`, `student-distilled/` (tfjs layers models), `settings.json`,
 * `summary.json` and `report.html`, each as soon as it is known. All files are whole or absent.
 *
 * @throws UsageError, or Error of one line, before the folder is made where the cause could be known by then.
 */
export async function run(settings: Settings, output: LineOutput): Promise<RunResult> {
  const startedAt = performance.now();
  const say = (line: string): void => void output.write(`${line}\n`);

  const backend = await startBackend(settings.backend);
  say(`backend: ${backend.name} (${backend.detail})`);
  const data = await openData(settings, output);
  say(`data: ${data.description}`);
  const context: RunContext = { settings, data, output, onSkip: reportOnce(output) };
  const backbone =
    settings.teacher === undefined ? undefined : await loadBackbone(settings.teacher, data.classNames.length);

  const folder = await makeRunFolder(settings.out, settings.name);
  try {
    const teacher =
      backbone === undefined
        ? await trainConvTeacher(context)
        : await preparePretrainedTeacher(context, backbone);
    await writeAtomically(join(folder, "settings.json"), `${JSON.stringify(settings, null, 2)}\n`);
    await saveLayersModelFile(teacher.model, join(folder, "teacher"));
    const alone = await trainAlone(context);
    await saveLayersModelFile(alone.model, join(folder, "student-alone"));
    const distilled = await trainDistilled(context, teacher);
    await saveLayersModelFile(distilled.model, join(folder, "student-distilled"));

    const result: RunResult = {
      settings,
      dataDescription: data.description,
      teacherDescription: teacher.description,
      models: [teacher.result, alone.result, distilled.result],
      environment: describeEnvironment(backend, data, startedAt),
    };
    await writeAtomically(join(folder, "summary.json"), summaryJson(result.models));
    const report = join(folder, "report.html");
    await writeAtomically(report, htmlReport(result));
    say(`\n${resultTable(result.models)}\n\nreport: ${resolve(report)}`);
    return result;
  } catch (error) {
    await removeIfEmpty(folder);
    throw error;
  }
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
