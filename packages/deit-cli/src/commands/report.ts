import { resolve } from "node:path";
import { startBackend } from "tfjs-backends";
import { openData } from "../data/open-data.ts";
import { writeReport } from "../report/write-report.ts";
import { reportOnce } from "../runs/context.ts";
import { readRecord } from "../runs/run-record.ts";
import { savedSettings } from "../runs/saved-settings.ts";
import { forgetStages, isFinished } from "../runs/stages.ts";
import { resolveDataSettings } from "../settings/resolve-settings.ts";
import type { Command } from "./command.ts";

export const report: Command = {
  name: "report",
  what: "Write a finished run's report again, from its folder",
  argument: { name: "run", many: false },
  options: ["data", "cache", "backend", "workers", "maxPixels", "microBatchSize", "verbose", "config"],
  examples: ["report runs/demo", "report runs/photos --data /elsewhere/flower_photos.tgz"],
  run: async ({ args, edits, output, signal }) => {
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
  },
};
