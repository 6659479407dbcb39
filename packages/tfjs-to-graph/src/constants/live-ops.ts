import type { Op, Program } from "../varying/merge-traces.ts";

/** A program's calls that its outputs, or other values that are wanted, depend on; in order. */
export function liveOps({ ops }: Program, wanted: Iterable<number>): Op[] {
  const needed = new Set(wanted);
  const live: Op[] = [];
  for (const op of ops.toReversed()) {
    if (!op.outputs.some((value) => needed.has(value))) continue;
    live.push(op);
    for (const [, value] of op.inputs) needed.add(value);
  }
  return live.reverse();
}
