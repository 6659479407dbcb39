import { join } from "node:path";
import type { FitCallback } from "train-loop";
import { jsonLines, type TensorBoardOptions, tensorBoard } from "train-loop/node";
import type { RunContext } from "../runs/context.ts";
import { LOG_FOLDERS } from "../runs/run-folder.ts";
import { decisiveSettings } from "../settings/settings.ts";
import type { FoldStage, StageName } from "../stage-name.ts";
import { StageMeter } from "./stage-meter.ts";

/** Callbacks that log a stage while it trains, and the one of them that gathers its figures; `images` are for TensorBoard. */
export function stageLogs(
  { folder, settings, output }: RunContext,
  stage: StageName | FoldStage,
  images?: TensorBoardOptions["images"],
): { readonly callbacks: readonly FitCallback[]; readonly meter: StageMeter } {
  const onProblem = (message: string): void => void output.write(`${message}\n`);
  const options = { settings: decisiveSettings(settings), onProblem };
  const [lines, board] = LOG_FOLDERS.map((name) => join(folder, name, stage));
  const path = `${lines}.jsonl`;
  const meter = new StageMeter(path);
  const log = jsonLines(path, options);
  return { callbacks: [log, tensorBoard(board!, { ...options, ...(images && { images }) }), meter], meter };
}
