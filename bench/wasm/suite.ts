import { loadavg } from "node:os";
import type { Recorder, SuiteOptions } from "../report.ts";
import { rowTable } from "../table.ts";
import { bitsRows } from "./kernels/bits.ts";
import { boundsRow } from "./kernels/bounds.ts";
import { ceilingRow } from "./kernels/ceiling.ts";
import { productRows } from "./kernels/products.ts";
import { sweepRows } from "./kernels/sweep.ts";
import type { PartOptions } from "./part-options.ts";
import { jaxRow } from "./rivals/jax.ts";
import { onnxRows } from "./rivals/onnx.ts";
import { pytorchRows } from "./rivals/pytorch.ts";
import { buildsRow, chosenBuild, wideRow } from "./step/builds.ts";
import { droppedRows } from "./step/dropped.ts";
import { endToEndRows } from "./step/end-to-end.ts";
import { patchDropoutRows } from "./step/patch-dropout.ts";
import { stepProfile } from "./step/profiles.ts";
import { resnetRows } from "./step/resnet.ts";
import { smallStudentRows } from "./step/small-students.ts";
import { tapeRows } from "./step/tape.ts";
import { startOwnKernels } from "./which-kernels.ts";

type Part = (recorder: Recorder, options: PartOptions) => Promise<void>;

/** Runnable processes, of the last minute, beyond which figures suffer. */
const IDLE_LOAD = 0.7;

/** Parts in the order of the table. */
const PARTS: Readonly<Record<string, Part>> = {
  products: productRows,
  sweep: sweepRows,
  bits: bitsRows,
  model: endToEndRows,
  tape: tapeRows,
  builds: buildsRow,
  wide: wideRow,
  dropped: droppedRows,
  patches: patchDropoutRows,
  jax: jaxRow,
  onnx: onnxRows,
  pytorch: pytorchRows,
  resnet: resnetRows,
  small: smallStudentRows,
  bounds: boundsRow,
  profile: stepProfile,
};

/** The parts of {@link wasmSuite} that can be run alone. */
export const wasmParts: readonly string[] = Object.keys(PARTS);

/** Our kernels for tfjs' WASM backend against tfjs' own kernels and the other ways to do the same here. */
export async function wasmSuite(recorder: Recorder, options: SuiteOptions): Promise<void> {
  const [load = 0] = loadavg();
  if (load > IDLE_LOAD)
    recorder.note(`The machine was busy: load average ${load.toFixed(1)} as the run began.`);
  await startOwnKernels();
  recorder.build = chosenBuild();
  const ceiling = await ceilingRow(recorder, options.quick);
  for (const [name, part] of Object.entries(PARTS)) {
    if (options.only !== undefined && options.only !== name) continue;
    try {
      await part(recorder, { ...options, ceiling });
    } catch (error) {
      // One part that breaks must not cost the others' figures; the run still ends with an error.
      recorder.skip(name, `it failed: ${(error as Error).message}`);
      process.stderr.write(`${(error as Error).stack}\n`);
      process.exitCode = 1;
    }
  }
  recorder.say(`\n${rowTable(recorder.rows)}\n`);
  for (const sentence of recorder.notes) recorder.say(`- ${sentence}`);
}
