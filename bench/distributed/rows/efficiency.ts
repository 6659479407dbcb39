import type { TwoHosts } from "test-kit/two-hosts";
import { median } from "../../measure.ts";
import { type Recorder, rateRow } from "../../report.ts";
import { limitRate } from "../network.ts";
import { ALONE, type Launcher, ranksHere, runRanks } from "../programs.ts";
import type { Measured } from "../scaling/measured.ts";
import type { TrainingFigures, TrainingTask } from "../training.ts";

const BATCH = 64;

interface Side {
  readonly launcher: Launcher;
  readonly bf16?: boolean;
  readonly limit?: number;
}

/** DeiT-Ti/16 on one rank, on more, and on two hosts; bytes that a rank hands over in a step. */
export async function efficiencyRows(
  recorder: Recorder,
  quick: boolean,
  hosts: TwoHosts | undefined,
): Promise<Pick<Measured, "ofTwoRanks">> {
  const sides: Record<string, Side> = {
    one: { launcher: ALONE },
    two: { launcher: ranksHere(2) },
    four: { launcher: ranksHere(4) },
    ...(hosts && {
      hosts: { launcher: hosts.mpirun },
      slow: { launcher: hosts.mpirun, limit: 1 },
      slowBf16: { launcher: hosts.mpirun, limit: 1, bf16: true },
    }),
  };
  const runs: Record<string, TrainingFigures[]> = {};
  for (let round = 0; round < (quick ? 1 : 3); round++) {
    for (const [name, { launcher, bf16 = false, limit }] of Object.entries(sides)) {
      if (hosts !== undefined) limitRate(hosts, limit);
      const task: TrainingTask = { model: "deitTiny", batchSize: BATCH, steps: quick ? 1 : 2, bf16 };
      runs[name] = [...(runs[name] ?? []), await runRanks<TrainingFigures>(launcher, "training.ts", task)];
    }
  }
  const rate = (name: string) => median(runs[name]!.map((run) => run.imagesPerSecond));
  const [id, one] = [`training of DeiT-Ti/16 224², batch ${BATCH}`, rate("one")];
  const add = (what: string, name: string, target: number | null, limit?: number): void =>
    recorder.add(rateRow(`${id}: ${what}`, rate(name), one, "one rank", "images/s", target, limit));
  add("2 ranks on two cores", "two", 1.8, 2 * one);
  add("4 ranks on two cores", "four", null, 2 * one);
  if (hosts !== undefined) {
    add("2 ranks on two hosts (network namespaces)", "hosts", null, 2 * one);
    add("the same at 1 Gbit/s", "slow", null, 2 * one);
    add("the same at 1 Gbit/s, as bf16", "slowBf16", null, 2 * one);
  }
  bytesRow(recorder, runs.two![0]!);
  for (const name of ["two", "hosts", "slow", "slowBf16"]) {
    if (runs[name] !== undefined) sumRow(recorder, name, runs[name]);
  }
  recorder.note(
    "Every rank is a process with one thread that computes, one that calls MPI and one that decodes: both heads, AdamW, drawn flowers, " +
      "a teacher that costs nothing. One rank is a process without MPI.",
  );
  return { ofTwoRanks: rate("two") / (2 * one) };
}

function bytesRow(recorder: Recorder, { bytes, operations }: TrainingFigures): void {
  const { gradients, others } = bytes;
  recorder.add({
    id: "bytes that a rank of DeiT-Ti/16 224² hands over in a step",
    ...{ ours: (gradients + others) / 1e6, other: null, otherName: "–", unit: "MB" },
    ...{ ratio: null, target: null },
  });
  recorder.note(
    `A step has ${operations} operations: gradients of ${gradients} bytes (${gradients / 2} as bf16), and ${others} bytes of logs, ` +
      "the learning rate, counts of labels and whether to stop.",
  );
}

const NAMES: Readonly<Record<string, string>> = {
  two: "2 ranks on two cores",
  hosts: "2 ranks on two hosts",
  slow: "2 ranks on two hosts, 1 Gbit/s",
  slowBf16: "2 ranks on two hosts, 1 Gbit/s, as bf16",
};

/** The most that overlapping the sum with computing can save. */
function sumRow(recorder: Recorder, name: string, runs: readonly TrainingFigures[]): void {
  const share = median(runs.map(({ sum, step }) => (100 * sum) / step));
  recorder.add({
    id: `share of the step that the sum of gradients takes: ${NAMES[name]}`,
    ...{ ours: share, other: null, otherName: "–", unit: "%", ratio: null, target: null },
  });
}
