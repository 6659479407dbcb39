import { appendFileSync, readFileSync } from "node:fs";
import { expect } from "vitest";

/** One comparison, as `docs/parity.json` lists it. */
export interface ParityRow {
  /** Both sides of the comparison, and the measure of the error. */
  readonly item: string;
  /** The original software. */
  readonly reference: string;
  /** Version of the other side. */
  readonly version: string;
  /** One of `PARITY_BACKENDS`, or `none` where no tensors are involved. */
  readonly backend: string;
  /** Largest allowed error, explained in the test; 0 for equality. */
  readonly tolerance: number;
  readonly measured: number;
}

/**
 * Checks a comparison and records it as a row of `docs/parity.json`.
 *
 * `npx pnpm@12 parity` collects the rows. In an ordinary run the row must be on the page already.
 */
export function parity(row: ParityRow): void {
  const name = `${row.item} (${row.reference} ${row.version}, ${row.backend})`;
  if (row.tolerance === 0) expect(row.measured, name).toBe(0);
  else expect(row.measured, name).toBeLessThan(row.tolerance);
  const collected = process.env.PARITY_ROWS;
  if (collected) appendFileSync(collected, `${JSON.stringify(row)}\n`);
  else if (!committed().has(withoutMeasured(row)))
    throw new Error(`parity: docs/parity.json lacks ${name}; run npx pnpm@12 parity`);
}

let listed: Set<string> | undefined;

function committed(): Set<string> {
  const file = new URL("../../../docs/parity.json", import.meta.url);
  listed ??= new Set((JSON.parse(readFileSync(file, "utf8")) as ParityRow[]).map(withoutMeasured));
  return listed;
}

function withoutMeasured({ item, reference, version, backend, tolerance }: ParityRow): string {
  return JSON.stringify([item, reference, version, backend, tolerance]);
}
