/** A training on real photos, in `docs/results.json`. Rates are shares in [0, 1]; absent fields are not known. */
export interface ResultRow {
  /** Name of the run's folder; that of a published run for figures of others. */
  readonly run: string;
  readonly model: string;
  /** What was typed, or where published figures are from. */
  readonly source: string;
  readonly commit?: string;
  /** Of the last step, `2026-11-25`. */
  readonly date?: string;
  readonly machine?: string;
  readonly seed?: number;
  readonly epochs: number;
  /** Of a forward and backward pass, the optimizer, and the teacher's answers, waits for data included. */
  readonly imagesPerSecond?: number;
  readonly minutes?: number;
  /** By epoch, of those that were done. */
  readonly loss: readonly number[];
  readonly valAccuracy: readonly number[];
}
