import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { StageName } from "../files/stages.ts";
import type { ModelResult } from "../run-result.ts";
import { stageLogPath } from "../watch/stage-logs.ts";
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
  const lines = (await readFile(path, "utf8"))
    .split("\n")
    .filter((text) => text !== "")
    .map(
      (text) =>
        JSON.parse(text) as { event: string; step: number; learningRate?: number; stepsPerEpoch?: number },
    );
  const { stepsPerEpoch = 1 } = lines.find((line) => line.stepsPerEpoch !== undefined) ?? {};
  const steps = lines.filter(({ event, learningRate }) => event === "step" && Number.isFinite(learningRate));
  const every = Math.max(1, Math.ceil(steps.length / POINTS));
  const shown = steps.filter((_, i) => i % every === 0 || i === steps.length - 1);
  if (shown.length === 0) return [];
  return [
    {
      name,
      epochs: shown.map(({ step }) => step / stepsPerEpoch),
      values: shown.map(({ learningRate }) => learningRate!),
    },
  ];
}
