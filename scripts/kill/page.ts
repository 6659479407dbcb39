import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { root } from "../packages.ts";
import { run } from "../pnpm.ts";
import type { Kills } from "./campaign.ts";

const PAGE = join(root, "docs/reliability.md");
const BLOCK = /<!-- kills -->\n[\s\S]*?<!-- end kills -->/;

/** Machine and software of a campaign. */
export interface Made {
  readonly command: string;
  readonly date: string;
  readonly commit: string;
  readonly machine: string;
}

/** Puts a campaign into the section "Kills" of docs/reliability.md, in the place of the earlier one with its seed. */
export function writeKills(result: Kills, command: string): void {
  const page = existsSync(PAGE) ? readFileSync(PAGE, "utf8") : "# Reliability\n";
  const commit = run(root, "git", "rev-parse", "--short=7", "HEAD").trim();
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.versions.node}`;
  const date = new Date().toISOString().slice(0, 10);
  writeFileSync(PAGE, withKills(page, result, { command, date, commit, machine }));
}

/** The page with the campaign's row; the section is made where there is none. */
export function withKills(page: string, { seed, kills, runs, faults }: Kills, made: Made): string {
  const block = BLOCK.exec(page)?.[0];
  const others = (block ?? "")
    .split("\n")
    .filter((line) => /^\| \d/.test(line) && !new RegExp(`^\\| ${seed} +\\|`).test(line));
  const total = Object.values(kills).reduce((sum, count) => sum + count, 0);
  const { command, date, commit, machine } = made;
  const head = ["seed", ...Object.keys(kills), "kills", "runs compared", "faults", "date", "commit"];
  const cells = [seed, ...Object.values(kills), total, runs, faults.length, date, commit];
  const rows = [...others, `| ${[...cells, machine, `\`${command}\``].join(" | ")} |`].sort();
  const lines = [
    `| ${[...head, "machine", "command"].join(" | ")} |`,
    `|${" --- |".repeat(head.length + 2)}`,
    ...rows,
  ];
  const filled = `<!-- kills -->\n\n${lines.join("\n")}\n\n<!-- end kills -->`;
  return block === undefined
    ? `${page.trimEnd()}\n\n${INTRODUCTION}\n${filled}\n`
    : page.replace(BLOCK, () => filled);
}

const INTRODUCTION = `## Kills

A teacher and two students (preset \`tiny\`, backend \`wasm\`, stored logits, a checkpoint after every step), trained by the program.
Its process gets SIGKILL at random: while it opens, a random time after a step, after an epoch's last step (validation follows),
after a checkpoint's temporary file appears, after a row of logits is stored, after the result is there (the report follows). The
next process resumes the run. A fault is a run that cannot be resumed, a model whose weights differ in any bit from those of a
training that was left alone, or a temporary file that is left. Written by \`npx pnpm@12 run kill --write\`.
`;
