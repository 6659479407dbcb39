// What every comparison with the original software shares: its row in docs/parity.json, the backends, the error.
import { appendFileSync, readFileSync } from "node:fs";
import { expect } from "vitest";
import { startBackend } from "../packages/tfjs-backends/src/index.ts";
import { installWasmKernels } from "../packages/wasm-kernels/src/index.ts";

/** One comparison, as `docs/parity.json` lists it. */
export interface ParityRow {
  /** What agrees with what, and how the error is measured. */
  readonly item: string;
  /** The original software. */
  readonly reference: string;
  /** Its version. */
  readonly version: string;
  /** One of {@link PARITY_BACKENDS}, or `none` where no tensors are involved. */
  readonly backend: string;
  /** What is allowed; the test beside it says why. 0: equal. */
  readonly tolerance: number;
  readonly measured: number;
}

/** `wasm` is tfjs' own backend, without any kernel of ours. */
export const PARITY_BACKENDS = ["cpu", "wasm", "wasm with kernels"] as const;

/** Starts one of {@link PARITY_BACKENDS}. */
export async function startParityBackend(name: (typeof PARITY_BACKENDS)[number]): Promise<void> {
  await startBackend(name === "cpu" ? "cpu" : "wasm");
  if (name === "wasm") installWasmKernels().uninstall();
}

/**
 * Checks a comparison and notes it for `docs/parity.json`: the only line that a test needs for a row of its own.
 *
 * `npx pnpm@12 parity` collects the rows. In an ordinary run the page has to have the row already.
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

/** Largest difference, relative to the largest expected number; NaN is infinitely wrong. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  return largestDifference(actual, expected) / Math.max(...Array.from(expected, Math.abs));
}

/** Largest difference of two lists of one length; NaN is infinitely wrong. */
export function largestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    if (Number.isNaN(difference)) return Number.POSITIVE_INFINITY;
    largest = Math.max(largest, difference);
  }
  return largest;
}

/** An array in a fixture: little-endian numbers as base64. */
export interface Packed {
  readonly shape: number[];
  readonly base64: string;
}

/** The numbers of a float32 array. */
export function floats({ base64 }: Packed): Float32Array {
  return new Float32Array(Uint8Array.from(Buffer.from(base64, "base64")).buffer);
}

/** The numbers of a uint8 array. */
export function bytes({ base64 }: Packed): Uint8Array {
  return Uint8Array.from(Buffer.from(base64, "base64"));
}

let listed: Set<string> | undefined;

function committed(): Set<string> {
  const file = new URL("../docs/parity.json", import.meta.url);
  listed ??= new Set((JSON.parse(readFileSync(file, "utf8")) as ParityRow[]).map(withoutMeasured));
  return listed;
}

function withoutMeasured({ item, reference, version, backend, tolerance }: ParityRow): string {
  return JSON.stringify([item, reference, version, backend, tolerance]);
}
