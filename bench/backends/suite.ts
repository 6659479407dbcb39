import type { Recorder, SuiteOptions } from "../report.ts";
import { rowTable } from "../table.ts";
import { kerasRows } from "./keras.ts";

/** The parts of {@link backendsSuite} that can be run alone. */
export const backendsParts: readonly string[] = ["keras"];

/** Backends other than WASM, each against what else computes the same on the same hardware. */
export async function backendsSuite(recorder: Recorder, options: SuiteOptions): Promise<void> {
  await kerasRows(recorder, options);
  recorder.say(`\n${rowTable(recorder.rows)}\n`);
  for (const sentence of recorder.notes) recorder.say(`- ${sentence}`);
}
