import { setTimeout } from "node:timers/promises";

/** Milliseconds until a rank reports an error, by its number: rank 0 reports at once. */
const PATIENCE = { first: 1000, next: 250, most: 4000 } as const;

/**
 * Waits before this rank reports an error, which others may have as well: once one has reported, the launcher ends all.
 *
 * @param rank - From 1 on.
 * @param signal - Aborted where the launcher ends this process.
 * @returns Whether nobody has reported one meanwhile.
 */
export async function isFirstToReport(rank: number, signal: AbortSignal): Promise<boolean> {
  const { first, next, most } = PATIENCE;
  await setTimeout(Math.min(most, first + next * (rank - 1)));
  return !signal.aborted;
}
