import { existsSync } from "node:fs";
import type { ModelResult } from "../runs/run-result.ts";
import type { StageName } from "../runs/stages.ts";
import { readLog } from "../training/read-log.ts";
import { stageLogPath } from "../training/stage-logs.ts";
import type { LearningRates } from "./evidence.ts";

/** A curve has about so many points. */
const POINTS = 200;

/** A stage's learning rate from its log; none where the log has none. */
export async function learningRates(
  folder: string,
  stage: StageName,
  name: ModelResult["name"],
): Promise<LearningRates[]> {
  const path = stageLogPath(folder, stage);
  if (!existsSync(path)) return [];
  let stepsPerEpoch: number | undefined;
  const steps: { readonly step: number; readonly learningRate: number }[] = [];
  for await (const line of readLog(path)) {
    const { event, step, learningRate } = line;
    stepsPerEpoch ??= line.stepsPerEpoch;
    if (event === "step" && typeof learningRate === "number") steps.push({ step, learningRate });
  }
  const every = Math.max(1, Math.ceil(steps.length / POINTS));
  const shown = steps.filter((_, i) => i % every === 0 || i === steps.length - 1);
  if (shown.length === 0) return [];
  return [
    {
      name,
      epochs: shown.map(({ step }) => step / (stepsPerEpoch ?? 1)),
      values: shown.map(({ learningRate }) => learningRate),
    },
  ];
}
