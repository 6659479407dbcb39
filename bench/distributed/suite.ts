import { spawnSync } from "node:child_process";
import { loadavg } from "node:os";
import { missingForTwoHosts, type TwoHosts, twoHosts } from "test-kit/two-hosts";
import type { Recorder, SuiteOptions } from "../report.ts";
import { rowTable } from "../table.ts";
import { missingMpi } from "./programs.ts";
import { computeOf } from "./rows/compute.ts";
import { efficiencyRows } from "./rows/efficiency.ts";
import { memoryRows } from "./rows/memory.ts";
import { networkRows } from "./rows/network.ts";
import { overlapRows } from "./rows/overlap.ts";
import { writeMeasured } from "./scaling/measured.ts";

export const distributedParts: readonly string[] = ["memory", "network", "efficiency", "overlap", "compute"];

/** Runnable processes, of the last minute, beyond which figures suffer. */
const IDLE_LOAD = 0.7;

/** Ranks over Open MPI: sums on one machine and between two hosts against what the hardware does, and whole trainings. */
export async function distributedSuite(recorder: Recorder, options: SuiteOptions): Promise<void> {
  const [load = 0] = loadavg();
  if (load > IDLE_LOAD) {
    recorder.note(`The machine was busy: load average ${load.toFixed(1)} as the run began.`);
  }
  recorder.build = "Open MPI, two cores";
  const missing = missingMpi();
  if (missing !== undefined) {
    recorder.skip("all of it", missing);
    return;
  }
  const noHosts = reasonForNoHosts();
  if (noHosts !== undefined) recorder.skip("sums and trainings between two hosts", noHosts);
  const hosts = noHosts === undefined ? twoHosts() : undefined;
  try {
    await rowsOf(recorder, options, hosts);
  } finally {
    hosts?.close();
  }
  recorder.say(`\n${rowTable(recorder.rows)}\n`);
  for (const sentence of recorder.notes) recorder.say(`- ${sentence}`);
}

async function rowsOf(recorder: Recorder, options: SuiteOptions, hosts: TwoHosts | undefined): Promise<void> {
  const { only, quick } = options;
  const wants = (part: string) => only === undefined || only === part;
  const memory = wants("memory") ? await memoryRows(recorder, quick) : undefined;
  const network = wants("network") && hosts ? await networkRows(recorder, quick, hosts) : undefined;
  const efficiency = wants("efficiency") ? await efficiencyRows(recorder, quick, hosts) : undefined;
  const overlaps = wants("overlap") ? await overlapRows(recorder, quick, hosts) : undefined;
  const compute = wants("compute") ? await computeOf(recorder, quick) : undefined;
  if (memory && network && efficiency && overlaps && compute) {
    writeMeasured(recorder, { ...memory, ...network, ...efficiency, overlaps, compute });
  }
}

function reasonForNoHosts(): string | undefined {
  if (spawnSync("iperf3", ["--version"]).status !== 0) return "no iperf3: apt-get install iperf3";
  try {
    return missingForTwoHosts();
  } catch (error) {
    return (error as Error).message; // thrown where no test may be left out; a row may
  }
}
