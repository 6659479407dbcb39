// `npx pnpm@12 run results [--commit <hash>] [--machine <words>] [runs/<name> …]`: takes runs of the example into
// docs/results.json, in the place of earlier ones of the same names, and writes the tables of docs/results.md (those of seeds from
// docs/results/*.csv), the curves of docs/results/ and the table of README.md anew. Both options are for runs that are older than the checkout, or that another
// machine trained.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "./packages.ts";
import { run } from "./pnpm.ts";
import { blocksOf, fillBlocks } from "./results/blocks.ts";
import { curvesSvg } from "./results/curves.ts";
import { writeFrontPage } from "./results/front-page.ts";
import { readRun } from "./results/read-run.ts";
import type { ResultRow } from "./results/row.ts";
import { fillSeeds } from "./results/seeds.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { commit: { type: "string" }, machine: { type: "string" } },
});
const commit = values.commit ?? run(root, "git", "rev-parse", "HEAD").trim();
const machine = values.machine ?? `${cpus().length} × ${cpus()[0]?.model.trim()}`;
const [records, page] = [join(root, "docs/results.json"), join(root, "docs/results.md")];

const added = positionals.flatMap((folder) => readRun(folder, commit, machine));
const known = (JSON.parse(readFileSync(records, "utf8")) as ResultRow[]).filter(
  ({ run }) => !added.some((row) => row.run === run),
);
const rows = [...known, ...added];
writeFileSync(records, `[\n${rows.map((row) => `  ${JSON.stringify(row)}`).join(",\n")}\n]\n`);
const text = readFileSync(page, "utf8");
writeFileSync(page, fillSeeds(fillBlocks(text, rows)));
mkdirSync(join(root, "docs/results"), { recursive: true });
for (const block of blocksOf(text, rows))
  writeFileSync(join(root, "docs/results", `${block.name}.svg`), curvesSvg(block.rows));
writeFrontPage();
console.log(`results: ${rows.length} trainings in docs/results.json and docs/results.md`);
