import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { conformancePage } from "../scripts/conformance-page.ts";
import { BACKENDS } from "./conformance/backends.ts";
import { CASES } from "./conformance/cases/index.ts";
import { type ConformanceRow, nameOf } from "./conformance/rows.ts";

const read = (name: string) => readFileSync(new URL(`../docs/${name}`, import.meta.url), "utf8");
const rows: ConformanceRow[] = JSON.parse(read("backends.json"));

test("docs/backends.md shows docs/backends.json", () => {
  expect(read("backends.md")).toBe(conformancePage(rows));
});

test("docs/backends.json has every op on every backend, once, within its tolerance", () => {
  const wanted = CASES.flatMap(({ op }) => Object.keys(BACKENDS).map((backend) => `${op} on ${backend}`));
  expect(rows.map(({ op, backend }) => `${op} on ${backend}`)).toEqual(wanted);
  for (const row of rows) {
    expect(Math.max(row.valueError, row.gradientError ?? 0), nameOf(row)).toBeLessThan(row.tolerance);
  }
});
