// `npx pnpm@12 parity`: runs the comparisons with the original software and writes docs/parity.json and docs/parity.md.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import type { ParityRow } from "test-kit";
import { publicPackages, root } from "./packages.ts";
import { parityPage } from "./parity-page.ts";
import { run } from "./pnpm.ts";

const JSON_FILE = join(root, "docs/parity.json");
const ORDER = ["none", "cpu", "wasm", "wasm with kernels"];

process.exitCode = main();

function main(): number {
  const rows = measure();
  const committed = JSON.parse(readFileSync(JSON_FILE, "utf8")) as ParityRow[];
  const gone = committed.filter((old) => !rows.some((row) => nameOf(row) === nameOf(old)));
  for (const row of gone) console.error(`parity: not measured this time: ${nameOf(row)}`);
  if (gone.length > 0 && !process.argv.includes("--drop")) {
    console.error(
      "parity: nothing is written; a test may lack its data (see its README). With --drop rows may go.",
    );
    return 1;
  }
  writeFileSync(JSON_FILE, `[\n${rows.map((row) => `  ${JSON.stringify(row)}`).join(",\n")}\n]\n`);
  writeFileSync(join(root, "docs/parity.md"), parityPage(rows));
  console.log(`parity: ${rows.length} rows in docs/parity.json and docs/parity.md`);
  return 0;
}

/** Runs every test file that has rows, and collects them. */
function measure(): ParityRow[] {
  const folder = mkdtempSync(join(tmpdir(), "parity-"));
  const collected = join(folder, "rows.jsonl");
  writeFileSync(collected, "");
  process.env.PARITY_ROWS = collected;
  try {
    const vitest = join(root, "node_modules/vitest/vitest.mjs");
    run(root, process.execPath, vitest, "run", "--config", "vitest.workspace.ts", ...testFiles());
    const lines = readFileSync(collected, "utf8").trim().split("\n");
    return lines.map((line) => rounded(JSON.parse(line))).sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function testFiles(): string[] {
  return publicPackages().flatMap(({ folder }) =>
    readdirSync(join(folder, "src"), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".test.ts"))
      .map((name) => join(folder, "src", name))
      .filter((path) => /\bparity\(/.test(readFileSync(path, "utf8")))
      .map((path) => relative(root, path)),
  );
}

function rounded(row: ParityRow): ParityRow {
  return { ...row, measured: Number(row.measured.toPrecision(2)) };
}

function nameOf({ item, reference, version, backend }: ParityRow): string {
  return `${item} (${reference} ${version}, ${backend})`;
}

function sortKey({ item, reference, backend }: ParityRow): string {
  return `${reference}\n${item}\n${ORDER.indexOf(backend)}`;
}
