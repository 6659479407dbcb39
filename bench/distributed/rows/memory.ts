import { median } from "../../measure.ts";
import type { Recorder } from "../../report.ts";
import { ranksHere, runRanks } from "../programs.ts";
import type { Measured } from "../scaling/measured.ts";
import type { SumFigures } from "../sum.ts";

/** Numbers of DeiT-Ti/16's gradients, with five classes and both heads. */
export const DEIT_TINY_FLOATS = 5_526_730;

/** The sum between two processes of this machine, against a copy through memory that they share. */
export async function memoryRows(
  recorder: Recorder,
  quick: boolean,
): Promise<Pick<Measured, "sumHere" | "sumHereAsBf16">> {
  const task = { floats: DEIT_TINY_FLOATS, rounds: quick ? 8 : 24, copies: true, bf16: false };
  const runs: SumFigures[] = [];
  const compressed: SumFigures[] = [];
  for (let round = 0; round < (quick ? 1 : 3); round++) {
    runs.push(await runRanks(ranksHere(2), "sum.ts", task));
    compressed.push(await runRanks(ranksHere(2), "sum.ts", { ...task, copies: false, bf16: true }));
  }
  const sum = median(runs.map((run) => run.sum));
  const copy = median(runs.map((run) => run.copy!));
  const id = "sum of 22 MB (DeiT-Ti/16's gradients) between two processes of this machine";
  recorder.add({
    ...{ id, ours: sum, other: copy, otherName: "copied through shared memory", unit: "ms" },
    ...{ ratio: copy / sum, target: 0.33 },
  });
  const sumAsBf16 = median(compressed.map((run) => run.sum));
  recorder.add({
    ...{ id: `${id}, as bf16`, ours: sumAsBf16, other: sum, otherName: "as float32", unit: "ms" },
    ...{ ratio: sum / sumAsBf16, target: null },
  });
  const small = median(runs.map((run) => run.smallSum));
  recorder.add({
    id: "sum of 16 numbers between two processes of this machine",
    ...{ ours: 1e3 * small, other: null, otherName: "–", unit: "µs", ratio: null, target: null },
  });
  recorder.note(
    "Copied through shared memory: one process writes the vector into a mapped file of `/dev/shm` that both have, then the other, " +
      "which waits on a word of it, reads the vector into its own memory; in turn with the sums, in the same two processes.",
  );
  return { sumHere: sum, sumHereAsBf16: sumAsBf16 };
}
