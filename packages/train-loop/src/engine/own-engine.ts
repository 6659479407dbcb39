import { stepCapture } from "kernel-contract";
import type { Task } from "../task.ts";
import { CapturedEngine } from "./captured/captured-engine.ts";
import type { Engine } from "./engine.ts";
import { localEngine } from "./local-engine.ts";
import { warn } from "./warn.ts";

/**
 * Returns the engine of a program that trains alone, in this thread: one that captures its steps where the backend can.
 *
 * @param mayCapture - Whether it may.
 */
export function ownEngine(caller: string, task: Task, mayCapture: boolean): Engine {
  const capture = mayCapture ? stepCapture() : undefined;
  if (capture === undefined) return localEngine(task);
  return new CapturedEngine(task, capture, (reason) => {
    warn(`${caller}: not all of a step is captured: ${reason}`);
  });
}
