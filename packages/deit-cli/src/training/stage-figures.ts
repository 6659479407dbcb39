import { existsSync } from "node:fs";
import { RunMeter } from "train-loop";
import type { StageName } from "../runs/stages.ts";
import { readLog } from "./read-log.ts";
import { stageLogPath } from "./stage-logs.ts";

/** How fast a stage trained, over all its steps, in however many pieces. */
export interface StageFigures {
  /** Images a second: waits for data included, validation not. */
  readonly trainImagesPerSecond: number;
  /** Share of that time spent waiting for data, in [0, 1]. */
  readonly waitingShare: number;
}

/** A stage's figures from its log; none where it has taken no step. */
export async function stageFigures(folder: string, stage: StageName): Promise<StageFigures | undefined> {
  const path = stageLogPath(folder, stage);
  if (!existsSync(path)) return undefined;
  const meter = new RunMeter();
  for await (const { event, size = 0, waitSeconds = 0, computeSeconds = 0 } of readLog(path)) {
    if (event === "step") meter.add({ size, waitSeconds, computeSeconds });
  }
  if (meter.steps === 0) return undefined;
  return { trainImagesPerSecond: meter.imagesPerSecond, waitingShare: meter.waitingShare };
}
