import { loadavg } from "node:os";
import { findChromium } from "test-kit/browser";
import { bestBuild } from "../../packages/wasm-kernels/src/side-module.ts";
import type { Recorder, SuiteOptions } from "../report.ts";
import { rowTable } from "../table.ts";
import { pageRows } from "./page.ts";
import { trainingRows } from "./training.ts";

/** Runnable processes, of the last minute, beyond which figures suffer. */
const IDLE_LOAD = 0.7;

const PARTS = { training: trainingRows, page: pageRows } as const;

/** The parts of {@link webSuite} that can be run alone. */
export const webParts: readonly string[] = Object.keys(PARTS);

/** Training in Chromium against Node, and the page of examples/deit-web: its bytes, its start, its frames. */
export async function webSuite(recorder: Recorder, options: SuiteOptions): Promise<void> {
  recorder.build = `${bestBuild()} build, one thread`;
  if (findChromium() === undefined) {
    recorder.skip("everything", "no chromium on the PATH (or set CHROMIUM)");
    return;
  }
  const [load = 0] = loadavg();
  if (load > IDLE_LOAD)
    recorder.note(`The machine was busy: load average ${load.toFixed(1)} as the run began.`);
  for (const [name, rows] of Object.entries(PARTS)) {
    if (options.only === undefined || options.only === name) await rows(recorder, options);
  }
  recorder.say(`\n${rowTable(recorder.rows)}\n`);
  for (const sentence of recorder.notes) recorder.say(`- ${sentence}`);
}
