import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { median } from "../../measure.ts";
import type { Recorder } from "../../report.ts";
import type { PartOptions } from "../part-options.ts";
import type { SmallStudentFigures, SmallStudentTask } from "./small-student.ts";

const BUDGET = 10;

/** Share of a small student's step that JavaScript and tfjs' engine take, in a process of its own. */
export async function smallStudentRows(recorder: Recorder, { quick }: PartOptions): Promise<void> {
  // As many steps come before them: V8 compiles what a step calls a few times only after a hundred steps. The demo takes 900.
  for (const [preset, count] of [
    ["demo", 150],
    ["photos", 60],
  ] as const) {
    const { steps, kernels, calls } = await measured({ preset, steps: quick ? 20 : count, clock: true });
    const shares = steps.map((ms, i) => 100 * (1 - kernels[i]! / ms));
    const share = median(shares);
    recorder.add({
      id: `training step of the preset \`${preset}\`: share outside the kernels (JavaScript, tfjs' engine)`,
      ...{ ours: share, other: BUDGET, otherName: "the budget", unit: "%", ratio: BUDGET / share, target: 1 },
    });
    recorder.note(
      `A step of \`${preset}\` takes ${median(steps).toFixed(1)} ms, ${median(kernels).toFixed(1)} of them in ` +
        `${calls} calls of WebAssembly functions, each timed; the distilled student, a teacher that costs nothing, one thread.`,
    );
  }
}

async function measured(task: SmallStudentTask): Promise<SmallStudentFigures> {
  const script = fileURLToPath(new URL("./small-student.ts", import.meta.url));
  const args = ["--import", "tsx", "--conditions=@deit/source", script, JSON.stringify(task)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout.trim().split("\n").at(-1)!) as SmallStudentFigures;
}
