import { cpus } from "node:os";
import type { StartedBackend } from "tfjs-backends";
import type { FlowerData } from "./data/open-data.ts";
import { microBatchSizeOf, replicasOf } from "./pace.ts";
import type { RunResult } from "./run-result.ts";
import type { Settings } from "./settings.ts";
import { duration } from "./terminal/format.ts";

/** Where and on what a run was made. */
export function describeEnvironment(
  settings: Settings,
  backend: StartedBackend,
  data: FlowerData,
  startedAt: number,
): RunResult["environment"] {
  return {
    date: new Date().toISOString().slice(0, 16).replace("T", " "),
    backend: `${backend.name}: ${backend.detail}`,
    node: process.version,
    cpu: `${cpus().length} × ${cpus()[0]?.model.trim() ?? "unknown"}`,
    computing: `${replicasOf(settings)} × ${microBatchSizeOf(settings)} images at once`,
    trainingImages: data.train.size,
    validationImages: data.validation.size,
    duration: duration(performance.now() - startedAt),
    peakMemory: `${(process.resourceUsage().maxRSS / 1e6).toFixed(1)} GB`,
  };
}
