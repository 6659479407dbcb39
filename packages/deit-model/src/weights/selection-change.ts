import type { Change, Comparison } from "named-weights";
import { selectElements } from "./select-elements.ts";

/** Differences of positions. */
type Position = "positions" | "distillation";

/**
 * Returns the selection of a larger file's elements; `undefined` if no axis is longer than the model's.
 *
 * @param afterwards - Change of the selected tensor, for positions: their grid is interpolated, not selected from.
 */
export function selectionChange(
  comparison: Comparison,
  afterwards: (selected: Comparison) => Change<Position> | undefined,
): Change<Position | "selection"> | undefined {
  const { key, found, expected } = comparison;
  if (found.length !== expected.length) return undefined;
  const selected = key === "pos_embed" ? [...found.slice(0, -1), expected.at(-1)!] : expected;
  const isLarger = found.some((side, axis) => side > selected[axis]!);
  if (!isLarger || found.some((side, axis) => side < selected[axis]!)) return undefined;
  const after = afterwards({ ...comparison, found: selected });
  if (after === undefined && selected.join() !== expected.join()) return undefined;
  if (after !== undefined && after.needs === undefined) return after; // its problem
  return {
    needs: ["selection", ...(after?.needs ?? [])],
    interpolates: after?.interpolates ?? false,
    keeps: after?.keeps ?? [],
    reads: after?.reads ?? [],
    convert(stored, own, others) {
      const parts = stored.length / found.reduce((product, side) => product * side, 1); // q, k and v, one after the other
      const joined = ([first, ...rest]: readonly number[]) => [first! * parts, ...rest];
      const values = selectElements(stored, { from: joined(found), to: joined(selected) });
      const width = found.at(-1)!;
      const beside = [...others].map(([other, data]) => {
        const rows = data.length / width; // positions of a token
        return [other, selectElements(data, { from: [rows, width], to: [rows, selected.at(-1)!] })] as const;
      });
      return after?.convert?.(values, own, new Map(beside)) ?? values;
    },
  };
}
