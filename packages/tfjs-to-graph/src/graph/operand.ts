import type { DataType } from "@tensorflow/tfjs-core";
import type { Size } from "../varying/size.ts";

/** A value of a graph. */
export interface Operand {
  /** Its name in the graph. */
  readonly ref: string;
  readonly shape: readonly Size[];
  readonly dtype: DataType;
}
