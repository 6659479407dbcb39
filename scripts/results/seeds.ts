import { readFileSync } from "node:fs";
import { join } from "node:path";
import { tInterval } from "../../packages/deit-cli/src/judge/student-t.ts";
import { root } from "../packages.ts";

/** A part of `docs/results.md` that is made from `docs/results/<name>.csv`: `<!-- seeds <name> -->` to `<!-- end -->`. */
const BLOCK = /<!-- seeds ([\w/-]+) -->\n[\s\S]*?<!-- end -->/g;

/** The page with its tables of seeds written anew. */
export function fillSeeds(page: string): string {
  return page.replace(BLOCK, (_, name: string) => {
    const csv = readFileSync(join(root, "docs/results", `${name}.csv`), "utf8");
    return `<!-- seeds ${name} -->\n\n${seedsTable(csv)}\n\n<!-- end -->`;
  });
}

/**
 * Accuracies by seed and their means; and how far each way to train lies above the student alone: the mean of the seeds' differences in
 * points, with Student's 95% interval.
 *
 * @param csv - Comments begin with `#`. Columns: `seed`, then those of teachers, `alone`, and the other students, as shares.
 */
export function seedsTable(csv: string): string {
  const { names, rows, values, columns } = readSeeds(csv);
  const alone = columns[names.indexOf("alone")]!;
  const isStudent = names.map((name) => !name.startsWith("teacher") && name !== "alone");
  const differences = columns.map((column, i) =>
    isStudent[i] ? difference(column.map((share, seed) => 100 * (share - alone[seed]!))) : "",
  );
  return [
    ["seed", ...names],
    ["---:", ...names.map(() => "---:")],
    ...rows.map(([seed], i) => [seed!, ...values[i]!.map(percent)]),
    ["mean", ...columns.map((column) => `**${percent(mean(column))}**`)],
    ["above alone", ...differences],
  ]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}

/** Mean over the seeds of each column of such a file, by its name. */
export function seedMeans(csv: string): ReadonlyMap<string, number> {
  const { names, columns } = readSeeds(csv);
  return new Map(names.map((name, i) => [name, mean(columns[i]!)]));
}

function readSeeds(csv: string) {
  const lines = csv.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const [[, ...names], ...rows] = lines.map((line) => line.split(",")) as [string[], ...string[][]];
  const values = rows.map(([, ...cells]) => cells.map(Number));
  return { names, rows, values, columns: names.map((_, i) => values.map((row) => row[i]!)) };
}

function difference(points: readonly number[]): string {
  const { low, high } = tInterval(points);
  return `${signed(mean(points))} (${signed(low)} to ${signed(high)})`;
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;
const signed = (points: number): string => `${points < 0 ? "−" : "+"}${Math.abs(points).toFixed(1)}`;
