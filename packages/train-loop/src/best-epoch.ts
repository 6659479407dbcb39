import { type Checks, OBJECT, oneOf, requireArguments, requireOptions, STRING } from "known-options";

/** Log by which an epoch is the best, and whether the highest or the lowest value is. */
export interface BestLog {
  readonly monitor: string;
  readonly mode: "max" | "min";
}

/** Checks of {@link BestLog}. */
export const BEST_CHECKS: Checks<BestLog> = { monitor: STRING, mode: oneOf("max", "min") };

/**
 * Index of the best value among a history's epochs; of equal ones the earliest.
 *
 * @param history - Logs by name, one value an epoch, as `fit` returns them.
 * @returns An index into these lists; `undefined` if there is no such log, or no number in it.
 * @throws TypeError or RangeError for arguments that do not fit.
 *
 * @example
 * const history = { val_accuracy: [0.5, 0.75, 0.75] };
 * console.log(bestEpoch(history, { monitor: "val_accuracy", mode: "max" })); // 1
 */
export function bestEpoch(
  history: Readonly<Record<string, readonly number[]>>,
  log: BestLog,
): number | undefined {
  requireOptions("bestEpoch", log, BEST_CHECKS);
  requireArguments("bestEpoch", { history }, { history: OBJECT });
  const values = history[log.monitor] ?? [];
  const sign = log.mode === "max" ? 1 : -1;
  let best: number | undefined;
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i]!)) continue;
    if (best === undefined || sign * values[i]! > sign * values[best]!) best = i;
  }
  return best;
}
