import { existsSync } from "node:fs";
import { join } from "node:path";
import { type StartedBackend, startBackend } from "tfjs-backends";
import { type RunContext, reportOnce } from "./context.ts";
import { openData } from "./data/open-data.ts";
import { claim } from "./files/claim.ts";
import { makeRunFolder, removeIfEmpty } from "./files/run-folder.ts";
import { shortPath } from "./files/short-path.ts";
import { writeAtomically } from "./files/write-atomically.ts";
import { requireInitialWeights } from "./initial-weights.ts";
import { Interrupted } from "./interrupted.ts";
import type { Settings } from "./settings.ts";
import { studentConfig } from "./student-config.ts";
import { type Backbone, loadBackbone } from "./teacher/backbone.ts";
import type { LineOutput } from "./terminal/live-line.ts";
import { UsageError } from "./usage-error.ts";

/** What a run begins with. */
export interface RunStart {
  readonly settings: Settings;
  readonly output: LineOutput;
  /** Stops the run after the step under way. */
  readonly signal: AbortSignal | undefined;
  /** The one that goes on with it. */
  readonly command: "train" | "teacher";
}

/** What a run has once it is open. */
export interface OpenRun {
  readonly context: RunContext;
  readonly backend: StartedBackend;
  /** Of the settings' teacher, if they name one. */
  readonly backbone: Backbone | undefined;
}

/**
 * Opens data, teacher and the run's folder, in which `use` then works. The folder of a run from which nothing was saved is
 * removed.
 *
 * @throws UsageError, or Error of one line, before the folder is made where the cause could be known by then. Interrupted
 * that says how to go on.
 */
export async function withinRun<T>(start: RunStart, use: (run: OpenRun) => Promise<T>): Promise<T> {
  const { settings, output, signal, command } = start;
  if (settings.resume !== undefined && existsSync(join(settings.resume, "summary.json"))) {
    throw new UsageError(`--resume: expected a run that is not finished, got '${settings.resume}'`);
  }
  const backend = await startBackend(settings.backend);
  output.write(`backend: ${backend.name} (${backend.detail})\n`);
  const data = await openData(settings, output);
  output.write(`data: ${data.description}\n`);
  const classes = data.classNames.length;
  const backbone = settings.teacher === undefined ? undefined : await loadBackbone(settings.teacher, classes);
  if (settings.weights !== undefined)
    await requireInitialWeights(studentConfig(settings, classes), settings.weights);

  const folder = settings.resume ?? (await makeRunFolder(settings.out, settings.name));
  const release = await claim(folder);
  const onSkip = reportOnce(output);
  const context: RunContext = { settings, data, output, folder, onSkip, ...(signal && { signal }) };
  try {
    if (settings.resume === undefined)
      await writeAtomically(join(folder, "settings.json"), `${JSON.stringify(settings, null, 2)}\n`);
    return await use({ context, backend, backbone });
  } catch (error) {
    await removeIfEmpty(folder);
    if (!(error instanceof Interrupted)) throw error;
    const again = `npx pnpm@12 start ${command === "train" ? "" : `${command} `}--resume ${shortPath(folder)}`;
    throw new Interrupted(
      existsSync(folder)
        ? `stopped and saved; to go on: ${again}`
        : "stopped before there was anything to save",
    );
  } finally {
    await release();
  }
}
