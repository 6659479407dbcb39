/** A training on real photos, in `docs/results.json`. Rates are shares in [0, 1]; absent fields are not known. */
export interface ResultRow {
  /** Name of the run's folder; that of a published run for figures of others. */
  readonly run: string;
  readonly model: string;
  /** The command, or the source of published figures. */
  readonly source: string;
  readonly commit?: string;
  /** Date of the last step, `2026-11-25`. */
  readonly date?: string;
  readonly machine?: string;
  readonly seed?: number;
  readonly epochs: number;
  /** Rate of forward and backward pass, optimizer and the teacher's forward pass, waits for data included. */
  readonly imagesPerSecond?: number;
  readonly minutes?: number;
  /** Values by finished epoch. */
  readonly loss: readonly number[];
  readonly valAccuracy: readonly number[];
}
