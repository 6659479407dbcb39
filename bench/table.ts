import { figure, type Row } from "./report.ts";

/** A Markdown table. `align` has one letter a column: `l` or `r`. */
export function table(
  align: string,
  header: readonly string[],
  lines: readonly (readonly string[])[],
): string {
  const rule = [...align].map((side) => (side === "r" ? "---:" : "---"));
  return [header, rule, ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** The rows of a suite. */
export function rowTable(rows: readonly Row[]): string {
  return table(
    "lrrlrrlr",
    ["what", "ours", "other", "which", "ratio", "target", "met", "limit here"],
    rows.map(({ id, ours, other, otherName, unit, ratio, target, limit }) => [
      id,
      `${figure(ours)} ${unit}`,
      other === null ? "–" : figure(other),
      otherName,
      ratio === null ? "–" : ratio.toFixed(2),
      target === null ? "–" : String(target),
      ratio === null || target === null ? "–" : ratio >= target ? "yes" : "no",
      limit === undefined ? "–" : figure(limit),
    ]),
  );
}
