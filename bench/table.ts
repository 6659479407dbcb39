import { figure } from "./figure.ts";
import type { Row } from "./report.ts";

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
    rows.map((row) => {
      const { id, ours, other, otherName, unit, ratio, target, limit } = row;
      return [
        id,
        `${figure(ours)} ${unit}`,
        other === null ? "–" : figure(other),
        otherName,
        ratio === null ? "–" : ratio.toFixed(2),
        target === null ? "–" : String(Number(target.toPrecision(3))),
        met(row),
        limit === undefined ? "–" : figure(limit),
      ];
    }),
  );
}

/** Whether the target is met, and if not, whether this machine could. */
function met({ other, ratio, target, limit }: Row): string {
  if (ratio === null || target === null || other === null) return "–";
  if (ratio >= target) return "yes";
  const best = limit === undefined ? target : limit / other;
  return best < target ? `no; at most ${best.toFixed(1)} here` : "no";
}
