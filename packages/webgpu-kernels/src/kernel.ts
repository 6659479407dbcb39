import type * as tf from "@tensorflow/tfjs-core";
import type { Context } from "./context.ts";

/** One kernel as tfjs registers it, with our context in the place of tfjs' backend. */
export interface Kernel {
  /** tfjs' name of the operation. */
  readonly name: string;
  /** Computes the outputs. Inputs are borrowed; outputs are new. */
  run(
    context: Context,
    inputs: tf.NamedTensorInfoMap,
    attrs: Attributes,
    stock: Stock,
  ): tf.TensorInfo | tf.TensorInfo[];
}

/** tfjs' own kernel of the same name, where it has one: on the same inputs what ours leaves to it, or on others. */
type Stock = (inputs?: tf.NamedTensorInfoMap) => tf.TensorInfo | tf.TensorInfo[];

/** Attributes of an operation, as tfjs hands them on: not typed, so every kernel reads them by its own contract. */
// biome-ignore lint/suspicious/noExplicitAny: tfjs' NamedAttrMap is a union too narrow for its own operations.
export type Attributes = Readonly<Record<string, any>>;
