import { readFileSync, statSync, truncateSync } from "node:fs";
import { AppendFile } from "tensorboard-events";
import type { LogPlace } from "./log-callback.ts";

/**
 * Cuts a log of JSON lines to what is before a place, and keeps what it cuts in `<path>.replaced`.
 *
 * @returns The last step that the log holds, 0 before the first; `undefined` where there is no log.
 */
export function cutLog(path: string, place: LogPlace): { readonly lastStep?: number } {
  const isFile = statSync(path, { throwIfNoEntry: false })?.isFile() === true; // and no terminal
  const log = isFile ? readFileSync(path) : Buffer.alloc(0);
  const { end, lastStep } = past(log, place);
  if (end < log.length) {
    const replaced = new AppendFile(`${path}.replaced`);
    const isTorn = log.at(-1) !== NEWLINE;
    replaced.append(Buffer.concat([log.subarray(end), Buffer.from(isTorn ? "\n" : "")]));
    replaced.flush({ toDisk: true }); // before they are cut: a crash leaves them twice, never nowhere
    truncateSync(path, end);
  }
  return end === 0 ? {} : { lastStep };
}

const NEWLINE = 10;

/** Where the lines end that come before a place, and the last step among them. */
function past(log: Buffer, place: LogPlace): { end: number; lastStep: number } {
  let [end, lastStep] = [0, 0];
  for (let next = log.indexOf(NEWLINE); next >= 0; next = log.indexOf(NEWLINE, end)) {
    const line = parsed(log.toString("utf8", end, next));
    if (line === undefined || line.step > place.step) break;
    if (line.event === "epoch" && line.epoch >= place.epoch) break; // it will be validated again
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
