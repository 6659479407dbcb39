import type { SuiteOptions } from "../report.ts";

/** What every part of the suite is given. */
export interface PartOptions extends SuiteOptions {
  /** GFLOP/s of multiply-adds on registers here. */
  readonly ceiling: number;
}
