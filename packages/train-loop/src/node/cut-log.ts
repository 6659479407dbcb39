import { readFileSync, statSync, truncateSync } from "node:fs";
import { AppendFile } from "tensorboard-events";
import type { LogPlace } from "./log-callback.ts";

/**
 * Cuts a log of JSON lines to the lines before a place, and moves the rest to `<path>.replaced`.
 *
 * @returns The log's last step, 0 before the first; `undefined` without a log.
 * @throws Error if the file is not a log of this package; it is not changed.
 */
export function cutLog(path: string, place: LogPlace): { readonly lastStep?: number } {
  const isFile = statSync(path, { throwIfNoEntry: false })?.isFile() === true; // not a terminal
  const log = isFile ? readFileSync(path) : Buffer.alloc(0);
  if (log.length > 0 && !BEGINNING.startsWith(log.toString("utf8", 0, BEGINNING.length))) {
    throw new Error(`jsonLines: '${path}' must be a log of an earlier run or not exist, got another file`);
  }
  const { end, lastStep } = linesBefore(log, place);
  if (end < log.length) {
    const replaced = new AppendFile(`${path}.replaced`);
    const isTorn = log.at(-1) !== NEWLINE;
    replaced.append(Buffer.concat([log.subarray(end), Buffer.from(isTorn ? "\n" : "")]));
    replaced.flush({ toDisk: true }); // before they are cut: a crash cannot lose them
    truncateSync(path, end);
  }
  return end === 0 ? {} : { lastStep };
}

const NEWLINE = 10;
/** First bytes of every line; a crash may have cut them. */
const BEGINNING = '{"event":"';

/** Returns the end of the lines before a place, and the last step among them. */
function linesBefore(log: Buffer, place: LogPlace): { end: number; lastStep: number } {
  let [end, lastStep] = [0, 0];
  for (let next = log.indexOf(NEWLINE); next >= 0; next = log.indexOf(NEWLINE, end)) {
    const line = parsed(log.toString("utf8", end, next));
    if (line === undefined || line.step > place.step) break;
    if (line.event === "epoch" && line.epoch >= place.epoch) break; // the resumed run validates it again
    if (line.event === "step") lastStep = line.step;
    end = next + 1;
  }
  return { end, lastStep };
}

function parsed(text: string): { event: string; step: number; epoch: number } | undefined {
  try {
    const line = JSON.parse(text) as { event: string; step: number; epoch: number };
    return typeof line?.step === "number" ? line : undefined;
  } catch {
    return undefined; // torn in a crash of the machine
  }
}
