import { readFileSync } from "node:fs";
import type { ParityRow } from "test-kit";
import { expect, test } from "vitest";
import { parityPage } from "../scripts/parity-page.ts";

const read = (name: string) => readFileSync(new URL(`../docs/${name}`, import.meta.url), "utf8");
const rows: ParityRow[] = JSON.parse(read("parity.json"));

test("docs/parity.md shows docs/parity.json", () => {
  expect(read("parity.md")).toBe(parityPage(rows));
});

test("no row of docs/parity.json is there twice or beyond its tolerance", () => {
  const names = rows.map(({ item, reference, version, backend }) =>
    [item, reference, version, backend].join(),
  );
  expect(names.length).toBe(new Set(names).size);
  for (const { item, tolerance, measured } of rows)
    expect(tolerance === 0 ? measured === 0 : measured <= tolerance, item).toBe(true);
});
