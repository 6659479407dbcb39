import { cpus } from "node:os";
import type { StartedBackend } from "tfjs-backends";
import { gradientWords, rankWords } from "../ranks/words.ts";
import { microBatchSizeOf, replicasOf } from "../settings/pace.ts";
import { duration } from "../terminal/format.ts";
import type { RunContext } from "./context.ts";
import type { ModelResult, RunResult } from "./run-result.ts";

/** Machine, software and duration of a run. */
export function describeEnvironment(
  { settings, data, ranks }: Pick<RunContext, "settings" | "data" | "ranks">,
  backend: StartedBackend,
  models: readonly ModelResult[],
  startedAt: number,
): RunResult["environment"] {
  return {
    date: new Date().toISOString().slice(0, 16).replace("T", " "),
    backend: `${backend.name}: ${backend.detail}`,
    node: process.version,
    cpu: `${cpus().length} × ${cpus()[0]?.model.trim() ?? "unknown"}`,
    ...(ranks && { ranks: `${rankWords(ranks.communicator)}${gradientWords(settings.run)}` }),
    computing: `${replicasOf(settings.run, undefined, ranks?.cores)} × ${microBatchSizeOf(settings.run)} images at once`,
    trainingImages: data.train.size,
    validationImages: models.at(-1)?.right?.length ?? data.validation.size, // without those skipped
    duration: duration(performance.now() - startedAt),
    peakMemory: `${(process.resourceUsage().maxRSS / 1e6).toFixed(1)} GB`,
  };
}
