import type { TwoHosts } from "test-kit/two-hosts";
import type { Recorder } from "../../report.ts";
import { limitRate } from "../network.ts";
import type { OverlapFigures, OverlapTask } from "../overlap.ts";
import { type Launcher, ranksHere, runRanks } from "../programs.ts";
import type { Overlap } from "../scaling/measured.ts";

const MICRO_BATCH = 4;
const ROWS = 32;

/** What a sum of DeiT-Ti's gradients costs after the last backward pass, and beside it. */
export async function overlapRows(
  recorder: Recorder,
  quick: boolean,
  hosts: TwoHosts | undefined,
): Promise<Overlap[]> {
  const places: { readonly name: string; readonly launcher: Launcher; readonly limit?: number }[] = [
    { name: "on two cores", launcher: ranksHere(2) },
    ...(hosts === undefined
      ? []
      : [
          { name: "between two network namespaces", launcher: hosts.mpirun },
          { name: "at 1 Gbit/s", launcher: hosts.mpirun, limit: 1 },
        ]),
  ];
  const overlaps: Overlap[] = [];
  for (const { name, launcher, limit } of places) {
    if (hosts !== undefined) limitRate(hosts, limit);
    const task: OverlapTask = { rows: MICRO_BATCH, rounds: quick ? 4 : 12 };
    const { passes, after, beside, copies } = await runRanks<OverlapFigures>(launcher, "overlap.ts", task);
    const step = (passes * ROWS) / MICRO_BATCH + after - passes;
    const overlap = { name, passes, after, beside, copies, ofAStep: (after - beside) / step };
    overlaps.push(overlap);
    recorder.add({
      id: `two ranks ${name}: forward and backward pass of ${MICRO_BATCH} rows of DeiT-Ti, and a sum of gradients beside it`,
      ...{ ours: beside, other: after, otherName: "then a sum", unit: "ms" },
      ...{ ratio: after / beside, target: null },
    });
  }
  return overlaps;
}
