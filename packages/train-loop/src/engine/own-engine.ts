import { stepCapture } from "kernel-contract";
import type { Ranks } from "../ranks/ranks.ts";
import type { Task } from "../task.ts";
import { capturedEngine } from "./captured/captured-engine.ts";
import { Programs } from "./captured/programs.ts";
import { capturedRankEngine } from "./captured/ranks/captured-rank-engine.ts";
import type { Engine } from "./engine.ts";
import { localEngine } from "./local-engine.ts";
import { localPasses } from "./local-passes.ts";
import { vectorEngine } from "./vector-engine.ts";
import { warn } from "./warn.ts";

/**
 * Returns the engine of a program that computes its rows in this thread: one that captures its steps where the backend can.
 *
 * @param mayCapture - Whether it may.
 */
export function ownEngine(caller: string, task: Task, ranks: Ranks, mayCapture: boolean): Engine {
  const isAlone = ranks.share.size === 1;
  const capture = mayCapture ? stepCapture() : undefined;
  if (capture === undefined)
    return isAlone ? localEngine(task) : vectorEngine(task, localPasses(task), ranks);
  let isTold = false;
  const programs = new Programs(capture, (reason) => {
    if (!isTold) warn(`${caller}: not all of a step is captured: ${reason}`);
    isTold = true;
  });
  return isAlone ? capturedEngine(task, programs) : capturedRankEngine(task, programs, ranks);
}
