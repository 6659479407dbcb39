import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Recorder, SuiteOptions } from "../report.ts";
import type { CapturedFigures } from "./captured-process.ts";
import type { TrainerFigures } from "./trainer-process.ts";

const ID = "DeiT-Ti/16 224², captured step";
const BY_TRAINER = `${ID} of the trainer, with logs and checks`;

/** CPU time, dispatches and memory of a captured training step, beside the same step as tfjs runs it. */
export async function capturedRows(recorder: Recorder, { quick }: SuiteOptions): Promise<void> {
  const { eager, captured, dispatches, bytes, capturing } = await figuresOf<CapturedFigures>(
    "captured-process.ts",
    quick ? 6 : 45,
  );
  const other = { otherName: "not captured" };
  recorder.add({
    id: `${ID}, CPU`,
    ours: captured,
    other: eager,
    ...other,
    unit: "ms a step",
    ratio: eager / captured,
    target: eager / 3, // 3 ms
  });
  recorder.add({
    id: `${ID}, dispatches`,
    ours: dispatches.captured,
    other: dispatches.eager,
    ...other,
    unit: "a step",
    ratio: dispatches.eager / dispatches.captured,
    target: dispatches.eager / 400, // 400 of them
  });
  recorder.add({
    id: `${ID}, memory beside weights and moments`,
    ours: bytes.captured / 2 ** 20,
    other: bytes.eager / 2 ** 20,
    ...other,
    unit: "MiB",
    ratio: bytes.eager / bytes.captured,
    target: 1 / 1.1,
  });
  recorder.note(
    "Captured step: forward, loss, backward, norms and AdamW of DeiT-Ti of 1,000 classes with drop path 0.1, one image, on Dawn's " +
      "null adapter, which encodes and validates all commands and computes nothing. CPU is that of all threads of the process until " +
      `the step is handed over, the median of steps. Capturing took ${capturing.toFixed(0)} ms. Memory of the step that is not ` +
      "captured is the most of its temporaries at a time, without what tfjs' pool holds beside them.",
  );
}

/** The same of a step that `fit` takes: batch, teacher, checks, logs, update. */
export async function trainerRows(recorder: Recorder, { quick }: SuiteOptions): Promise<void> {
  const steps = quick ? 9 : 90;
  const [ours, theirs] = [await trainer("captured", steps), await trainer("eager", steps)];
  const rows = [
    ["CPU", "cpu", "ms a step", 1, theirs.cpu / 6], // 6 ms
    ["dispatches", "dispatches", "a step", 1, null],
    ["memory beside weights and moments", "bytes", "MiB", 2 ** 20, 1 / 1.1],
  ] as const;
  for (const [what, name, unit, scale, target] of rows) {
    recorder.add({
      id: `${BY_TRAINER}, ${what}`,
      ours: ours[name] / scale,
      other: theirs[name] / scale,
      otherName: "capture: false",
      unit,
      ratio: theirs[name] / ours[name],
      target,
    });
  }
  recorder.note(
    "Captured step of the trainer: tokenDistillation by `fit`, one image a step, AdamW, a teacher that costs nothing, on the null adapter. CPU is " +
      "that of all threads of the process from one step to the next, with the batch's upload and the read-back of logs and norms, the median of " +
      "steps. Memory is that of all buffers of the device, those that tfjs keeps for reuse included.",
  );
}

function trainer(mode: "captured" | "eager", steps: number): Promise<TrainerFigures> {
  return figuresOf<TrainerFigures>("trainer-process.ts", mode, steps);
}

/** What a script of this folder prints. */
async function figuresOf<T>(script: string, ...given: readonly (string | number)[]): Promise<T> {
  const flags = ["--import", "tsx", "--conditions=@deit/source"];
  const path = fileURLToPath(new URL(script, import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, path, ...given.map(String)]);
  return JSON.parse(stdout.trim().split("\n").at(-1)!) as T;
}
