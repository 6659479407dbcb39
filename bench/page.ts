import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { About, Row } from "./report.ts";
import { rowTable } from "./table.ts";
import { profileText } from "./wasm/step/profile.ts";

const RESULTS = new URL("./results/", import.meta.url);
const ABOUT = ".about.json";
const PAGE = new URL("../docs/benchmarks.md", import.meta.url);

/** Writes `docs/benchmarks.md` anew from every file of `bench/results/`. */
export function writePage(): void {
  const stems = readdirSync(RESULTS)
    .filter((name) => name.endsWith(ABOUT))
    .map((name) => name.slice(0, -ABOUT.length))
    .sort(); // `wasm` before `wasm-node20`
  const read = <T>(file: string): T => JSON.parse(readFileSync(new URL(file, RESULTS), "utf8"));
  const sections = stems
    .map((stem) => section(read<About>(`${stem}${ABOUT}`), read<Row[]>(`${stem}.json`)))
    .join("\n");
  writeFileSync(
    PAGE,
    `# Benchmarks

\`npx pnpm@12 bench\` writes this page from \`bench/results/\`. Figures are medians, both sides run in turn on one machine. *Ratio*: how many
times better ours is. *Limit here*: the machine's maximum, measured in the same run.

${sections}`,
  );
}

function section(about: About, rows: readonly Row[]): string {
  const { suite, date, command, machine, node, build, leftOut, notes, profiles } = about;
  const left = leftOut.map(({ id, why }) => `- *left out*: ${id} (${why})`);
  const remarks = [...notes.map((sentence) => `- ${sentence}`), ...left].join("\n");
  const tables = profiles.map((profile) => `### ${profile.title}\n\n${profileText(profile)}\n`).join("\n");
  return `## ${suite}, Node ${node.replace(/^v(\d+).*/, "$1")}

\`${command}\`, ${date}, ${machine}, Node ${node}, ${suite === "wasm" ? `${build} build, one thread` : build}.

${rowTable(rows)}

${remarks}

${tables}`;
}
