import { appendFileSync, readFileSync } from "node:fs";
import type { BACKENDS } from "./backends.ts";

/** A row of `docs/backends.json`. */
export interface ConformanceRow {
  readonly op: string;
  readonly backend: keyof typeof BACKENDS;
  readonly tolerance: number;
  readonly valueError: number;
  /** The largest of all gradients' errors; `null` where the op has none, or the backend has none of it. */
  readonly gradientError: number | null;
}

/** How errors are written: nobody needs more, and fewer digits change less often. */
const DIGITS = 2;

/**
 * Notes a row for `docs/backends.*`: `npx pnpm@12 run conformance` collects them. In an ordinary run the page has to have
 * it already.
 */
export function note(row: ConformanceRow): void {
  const collected = process.env.CONFORMANCE_ROWS;
  if (collected) appendFileSync(collected, `${JSON.stringify(rounded(row))}\n`);
  else if (!committed().has(nameOf(row)))
    throw new Error(
      `conformance: docs/backends.json lacks ${row.op} on ${row.backend}; run npx pnpm@12 run conformance`,
    );
}

/** What a row is about, apart from what was measured. */
export function nameOf({ op, backend, tolerance, gradientError }: ConformanceRow): string {
  return `${op} on ${backend} to ${tolerance}, ${gradientError === null ? "value" : "value and gradient"}`;
}

function rounded(row: ConformanceRow): ConformanceRow {
  const round = (error: number) => Number(error.toPrecision(DIGITS));
  const { valueError, gradientError } = row;
  return {
    ...row,
    valueError: round(valueError),
    gradientError: gradientError === null ? null : round(gradientError),
  };
}

let listed: Set<string> | undefined;

function committed(): Set<string> {
  const file = new URL("../../docs/backends.json", import.meta.url);
  listed ??= new Set((JSON.parse(readFileSync(file, "utf8")) as ConformanceRow[]).map(nameOf));
  return listed;
}
