import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Recorder, SuiteOptions } from "../report.ts";
import type { CapturedFigures } from "./captured-process.ts";

const SCRIPT = fileURLToPath(new URL("./captured-process.ts", import.meta.url));
const ID = "DeiT-Ti/16 224², captured step";

/** CPU time, dispatches and memory of a captured training step, beside the same step as tfjs runs it. */
export async function capturedRows(recorder: Recorder, { quick }: SuiteOptions): Promise<void> {
  const { eager, captured, dispatches, bytes, capturing } = await figures(quick ? 6 : 45);
  const other = { otherName: "not captured" };
  recorder.add({
    id: `${ID}, CPU`,
    ours: captured,
    other: eager,
    ...other,
    unit: "ms a step",
    ratio: eager / captured,
    target: 16,
  });
  recorder.add({
    id: `${ID}, dispatches`,
    ours: dispatches.captured,
    other: dispatches.eager,
    ...other,
    unit: "a step",
    ratio: dispatches.eager / dispatches.captured,
    target: 1.5,
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

async function figures(rounds: number): Promise<CapturedFigures> {
  const flags = ["--import", "tsx", "--conditions=@deit/source"];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, SCRIPT, String(rounds)]);
  return JSON.parse(stdout.trim().split("\n").at(-1)!) as CapturedFigures;
}
