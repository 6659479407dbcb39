import * as tf from "@tensorflow/tfjs-core";
import { stepCapture } from "kernel-contract";
import type { Task } from "../task.ts";
import { CapturedEngine } from "./captured/captured-engine.ts";
import type { Engine } from "./engine.ts";
import { localEngine } from "./local-engine.ts";

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

/** A warning of the process, or in browsers of the console. */
function warn(message: string): void {
  const { process } = globalThis as { process?: { emitWarning?(message: string): void } };
  if (process?.emitWarning) process.emitWarning(message);
  else tf.backend_util.warn(message);
}
