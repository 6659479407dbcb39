import { writeFileSync } from "node:fs";
import type { Recorder } from "../../report.ts";

/** What one core takes for a model. */
export interface ModelCompute {
  readonly name: string;
  readonly parameters: number;
  /** Seconds of forward and backward pass of an image. */
  readonly perImage: number;
  /** Seconds of the rest of a step: optimizer, checks, logs. */
  readonly perStep: number;
}

/** A sum of DeiT-Ti's gradients with a micro-batch's passes, by two ranks; milliseconds. */
export interface Overlap {
  readonly name: string;
  /** The passes alone. */
  readonly passes: number;
  /** The passes, then the sum. */
  readonly after: number;
  /** The sum, started before the passes. */
  readonly beside: number;
  /** Gradients copied out of the backend and, as after the sum, back. */
  readonly copies: number;
  /** What that saves, as a share of a step of 32 rows a rank. */
  readonly ofAStep: number;
}

/** What the projection is made of, all measured by the suite `distributed`. */
export interface Measured {
  /** Milliseconds of the sum of DeiT-Ti's gradients between two processes of one machine. */
  readonly sumHere: number;
  /** The same as bf16, with its conversions. */
  readonly sumHereAsBf16: number;
  /** Milliseconds of a sum of 16 numbers between two hosts. */
  readonly smallSum: number;
  /** Share of a wire of 1 Gbit/s, as `iperf3` has it, that the sum of DeiT-Ti's gradients uses. */
  readonly ofTheWire: number;
  /** Images/s of two ranks on two cores over twice those of one. */
  readonly ofTwoRanks: number;
  readonly compute: readonly ModelCompute[];
  readonly overlaps: readonly Overlap[];
}

/** {@link Measured}, and where. */
export interface MeasuredHere extends Measured {
  readonly date: string;
  readonly machine: string;
  readonly node: string;
}

export const MEASURED = new URL("../../../docs/scaling.json", import.meta.url);

/** Writes `docs/scaling.json`. */
export function writeMeasured(recorder: Recorder, measured: Measured): void {
  const { date, machine, node } = recorder.about("distributed", "");
  const here: MeasuredHere = { date, machine, node, ...measured };
  writeFileSync(MEASURED, `${JSON.stringify(here, null, 2)}\n`);
}
