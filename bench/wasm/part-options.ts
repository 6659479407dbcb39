import type { SuiteOptions } from "../report.ts";

/** Options of every part of the suite. */
export interface PartOptions extends SuiteOptions {
  /** GFLOP/s of multiply-adds on registers here. */
  readonly ceiling: number;
}
