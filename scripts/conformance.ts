// `npx pnpm@12 run conformance`: runs the conformance suite on every backend and writes docs/backends.json and
// docs/backends.md. All five have to be there: `.ci/run` shows how they come.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BACKENDS } from "../test/conformance/backends.ts";
import { CASES } from "../test/conformance/cases/index.ts";
import type { ConformanceRow } from "../test/conformance/rows.ts";
import { conformancePage } from "./conformance-page.ts";
import { root } from "./packages.ts";
import { run } from "./pnpm.ts";

const rows = measure();
writeFileSync(
  join(root, "docs/backends.json"),
  `[\n${rows.map((row) => `  ${JSON.stringify(row)}`).join(",\n")}\n]\n`,
);
writeFileSync(join(root, "docs/backends.md"), conformancePage(rows));
console.log(`conformance: ${rows.length} rows in docs/backends.json and docs/backends.md`);

/** In the order of the cases, then of the backends. */
function measure(): ConformanceRow[] {
  const folder = mkdtempSync(join(tmpdir(), "conformance-"));
  const collected = join(folder, "rows.jsonl");
  writeFileSync(collected, "");
  Object.assign(process.env, { CONFORMANCE: "all", CONFORMANCE_ROWS: collected });
  try {
    const vitest = join(root, "node_modules/vitest/vitest.mjs");
    const which = ["--project", "repository", "test/conformance/"];
    run(root, process.execPath, vitest, "run", "--config", "vitest.workspace.ts", ...which);
    const lines = readFileSync(collected, "utf8").trim().split("\n");
    const found = lines.map((line) => JSON.parse(line) as ConformanceRow);
    const backends = Object.keys(BACKENDS);
    const place = ({ op, backend }: ConformanceRow) =>
      CASES.findIndex((it) => it.op === op) * backends.length + backends.indexOf(backend);
    return found.sort((a, b) => place(a) - place(b));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
