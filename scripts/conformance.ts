// `npx pnpm@12 run conformance [<test file> …]`: runs the conformance suite on every backend, or on those of the files
// (`webgl.test.ts`), and writes docs/backends.json and docs/backends.md. They have to be there: `.ci/run` shows how they come.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BACKENDS } from "../test/conformance/backends.ts";
import { CASES } from "../test/conformance/cases/index.ts";
import type { ConformanceRow } from "../test/conformance/rows.ts";
import { conformancePage } from "./conformance-page.ts";
import { root } from "./packages.ts";
import { run } from "./pnpm.ts";

const files = process.argv.slice(2);
const measured = measure();
const anew = new Set(measured.map(({ backend }) => backend));
const kept = committed().filter(({ backend }) => files.length > 0 && !anew.has(backend));
const rows = inOrder([...kept, ...measured]);
writeFileSync(
  join(root, "docs/backends.json"),
  `[\n${rows.map((row) => `  ${JSON.stringify(row)}`).join(",\n")}\n]\n`,
);
writeFileSync(join(root, "docs/backends.md"), conformancePage(rows));
console.log(`conformance: ${rows.length} rows in docs/backends.json and docs/backends.md`);

function measure(): ConformanceRow[] {
  const folder = mkdtempSync(join(tmpdir(), "conformance-"));
  const collected = join(folder, "rows.jsonl");
  writeFileSync(collected, "");
  Object.assign(process.env, { CONFORMANCE: "all", CONFORMANCE_ROWS: collected });
  try {
    const vitest = join(root, "node_modules/vitest/vitest.mjs");
    const which = (files.length > 0 ? files : [""]).map((file) => `test/conformance/${file}`);
    const project = ["--config", "vitest.workspace.ts", "--project", "repository"];
    run(root, process.execPath, vitest, "run", ...project, ...which);
    const lines = readFileSync(collected, "utf8").trim().split("\n");
    return lines.map((line) => JSON.parse(line) as ConformanceRow);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function committed(): ConformanceRow[] {
  return JSON.parse(readFileSync(join(root, "docs/backends.json"), "utf8"));
}

/** Rows in the order of the cases, then of the backends. */
function inOrder(all: readonly ConformanceRow[]): ConformanceRow[] {
  const backends = Object.keys(BACKENDS);
  const place = ({ op, backend }: ConformanceRow) =>
    CASES.findIndex((it) => it.op === op) * backends.length + backends.indexOf(backend);
  return [...all].sort((a, b) => place(a) - place(b));
}
