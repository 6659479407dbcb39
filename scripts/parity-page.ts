import type { ParityRow } from "test-kit";

/** `docs/parity.md`: a table per original software; one line an item, with what was measured on each backend. */
export function parityPage(rows: readonly ParityRow[]): string {
  const tables = [...groups(rows, ({ reference, version }) => `${reference} ${version}`)].map(
    ([software, of]) => `## ${software}

| item | tolerance | measured |
| --- | ---: | --- |
${[...groups(of, ({ item, tolerance }) => `${item} | ${number(tolerance)}`)].map(line).join("\n")}
`,
  );
  return `# Parity with the original software

\`npx pnpm@12 parity\` writes this page and \`parity.json\` from the tests that compare. A test fails where the measured error is not below
the tolerance (at tolerance 0: where anything differs); the test has the reason for each tolerance. \`wasm\` is TensorFlow.js' own
WebAssembly backend, without a kernel of ours. How the reference runs are made: [fixtures](../fixtures/README.md).

${tables.join("\n")}`;
}

function line([start, rows]: [string, ParityRow[]]): string {
  const measured = rows.map((row) =>
    row.backend === "none" ? number(row.measured) : `${row.backend} ${number(row.measured)}`,
  );
  return `| ${start} | ${measured.join(", ")} |`;
}

function number(value: number): string {
  return value !== 0 && Math.abs(value) < 0.01
    ? value.toExponential().replace(/\.0(?=e)/, "")
    : String(value);
}

function groups<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const made = new Map<string, T[]>();
  for (const item of items) made.set(keyOf(item), [...(made.get(keyOf(item)) ?? []), item]);
  return made;
}
