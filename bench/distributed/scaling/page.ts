import { readFileSync, writeFileSync } from "node:fs";
import { MEASURED, type MeasuredHere } from "./measured.ts";
import { computeTable, efficiencyTable, limitsTable, overlapTable, sumsTable } from "./tables.ts";

const PAGE = new URL("../../../docs/scaling.md", import.meta.url);

/** Writes the tables of `docs/scaling.md` from `docs/scaling.json`. */
export function writeScalingPage(): void {
  const measured = JSON.parse(readFileSync(MEASURED, "utf8")) as MeasuredHere;
  writeFileSync(PAGE, fillScaling(readFileSync(PAGE, "utf8"), measured));
}

/** Returns the page with its tables, each between `<!-- name -->` and `<!-- end -->`. */
export function fillScaling(page: string, measured: MeasuredHere): string {
  const { date, machine, node, smallSum, ofTheWire, sumHere, sumHereAsBf16, ofTwoRanks } = measured;
  const tables: Readonly<Record<string, string>> = {
    measured: `Measured on ${date} by \`npx pnpm@12 bench distributed\` (${machine}, Node ${node}): a sum of 16 numbers between two network
namespaces takes ${(1e3 * smallSum).toFixed(0)} µs, a sum of DeiT-Ti's gradients ${sumHere.toFixed(1)} ms between two processes of the machine (${sumHereAsBf16.toFixed(1)} ms as bf16); between hosts it uses
${(100 * ofTheWire).toFixed(0)}% of what \`iperf3\` reaches at 1 Gbit/s. Two ranks on two cores are ${(2 * ofTwoRanks).toFixed(2)} times as fast as one.

${computeTable(measured)}`,
    overlap: overlapTable(measured),
    sums: sumsTable(measured),
    cores: efficiencyTable(measured, "cores", 1024),
    gpu: efficiencyTable(measured, "gpu", 1024),
    limits: limitsTable(measured),
  };
  let filled = page;
  for (const [name, text] of Object.entries(tables)) {
    const block = new RegExp(`(<!-- ${name} -->\n\n)[^]*?(\n\n<!-- end -->)`);
    if (!block.test(filled)) throw new Error(`docs/scaling.md: expected a block <!-- ${name} -->`);
    filled = filled.replace(block, (_, start: string, end: string) => start + text + end);
  }
  return filled;
}
