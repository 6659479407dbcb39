import { join } from "node:path";
import type { FitCallback } from "train-loop";
import { jsonLines, type TensorBoardOptions, tensorBoard } from "train-loop/node";
import type { RunContext } from "../runs/context.ts";
import { LOG_FOLDERS } from "../runs/run-folder.ts";
import type { StageName } from "../runs/stages.ts";
import { runSettings } from "../settings/settings.ts";

/** Where a stage's JSON lines are. */
export function stageLogPath(folder: string, stage: StageName): string {
  return join(folder, LOG_FOLDERS[0], `${stage}.jsonl`);
}

/** What writes a stage's logs while it trains; `images` are for TensorBoard. */
export function stageLogs(
  { folder, settings, output }: RunContext,
  stage: StageName,
  images?: TensorBoardOptions["images"],
): FitCallback[] {
  const onProblem = (message: string): void => void output.write(`${message}\n`);
  const options = { settings: runSettings(settings), onProblem };
  return [
    jsonLines(stageLogPath(folder, stage), options),
    tensorBoard(join(folder, LOG_FOLDERS[1], stage), { ...options, ...(images && { images }) }),
  ];
}
