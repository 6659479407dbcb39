import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { root } from "../packages.ts";
import { run } from "../pnpm.ts";
import { FAULTS, type Outcome, RIGHT } from "./judge.ts";

/** Results of a campaign of one format. */
export interface Row {
  readonly format: string;
  readonly reader: string;
  readonly seed: number;
  readonly inputs: number;
  readonly counts: Readonly<Record<Outcome, number>>;
}

const PAGE = join(root, "docs/reliability.md");
const BLOCK = /<!-- inputs -->\n[\s\S]*?<!-- end inputs -->/;
const HEAD = ["format", "read by", "inputs", ...RIGHT, ...FAULTS, "date", "commit", "machine", "command"];

/** Puts a row into the section "Inputs" of docs/reliability.md, in the place of the format's earlier one. */
export function writeRow(row: Row): void {
  const page = existsSync(PAGE) ? readFileSync(PAGE, "utf8") : "# Reliability\n";
  writeFileSync(PAGE, withRow(page, row, facts()));
}

/** The date, the commit and the machine. */
function facts(): readonly string[] {
  const commit = run(root, "git", "rev-parse", "--short=7", "HEAD").trim();
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.versions.node}`;
  return [new Date().toISOString().slice(0, 10), commit, machine];
}

/** The page with a format's row, in alphabetical order; the section is made where there is none. */
export function withRow(page: string, row: Row, facts: readonly string[]): string {
  const block = BLOCK.exec(page)?.[0] ?? "";
  const kept = block
    .split("\n")
    .filter((line) => line.startsWith("| `") && !line.startsWith(`| \`${row.format}\` `));
  const line = [
    ...[`\`${row.format}\``, row.reader, row.inputs],
    ...[...RIGHT, ...FAULTS].map((outcome) => row.counts[outcome]),
    ...[...facts, `\`npx pnpm@12 fuzz ${row.format} --count ${row.inputs} --seed ${row.seed}\``],
  ];
  const rows = [...kept, `| ${line.join(" | ")} |`].sort();
  const table = [`| ${HEAD.join(" | ")} |`, `|${" --- |".repeat(HEAD.length)}`, ...rows].join("\n");
  const filled = `<!-- inputs -->\n\n${table}\n\n<!-- end inputs -->`;
  return block === ""
    ? `${page.trimEnd()}\n\n${INTRODUCTION}\n${filled}\n`
    : page.replace(BLOCK, () => filled);
}

const INTRODUCTION = `## Inputs

Files of every format that the project reads, mutated: bits flipped, bytes and numbers set, pieces cut, doubled and spliced,
and the same inside compressed or checksummed content, wrapped again with right lengths and checksums. Each is read in a process
that is watched. Right outcomes are \`same\` (read as the original), \`refused\` (an error of ours that names the file) and
\`other\` (no checksum covers what was changed, and it is read as what it now says). Faults are \`silent\` (a checksum does, and
it is read as something else), \`raw\` (an error that is not ours or names nothing), \`changed\` (refused, but weights or the
number of tensors are not as before), \`memory\` (512 MB more than before), \`crash\` and \`hang\` (no answer within 60 s). Written
by \`npx pnpm@12 fuzz <format> --write\`; \`--input\` tries one input again, \`--save\` writes it to a file.
`;
