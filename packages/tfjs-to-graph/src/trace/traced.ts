import type * as tf from "@tensorflow/tfjs-core";

/** Shape and type of a tensor. */
export interface TensorSpec {
  readonly shape: readonly number[];
  readonly dtype: tf.DataType;
}

/** Where a tensor of a trace comes from. */
export type Source =
  /** The model's input of this number. */
  | { readonly kind: "input"; readonly index: number }
  /** A tensor from before the trace: a weight, or one that a layer holds. */
  | { readonly kind: "held"; readonly tensor: tf.Tensor }
  /** Values that a layer made in JavaScript. */
  | { readonly kind: "made"; readonly values: tf.TypedArray }
  /** A kernel's output. */
  | { readonly kind: "computed" };

/** A tensor of a trace. */
export interface TracedValue extends TensorSpec {
  readonly from: Source;
  /** Layer that ran when it first appeared. */
  readonly layer: LayerPlace;
}

/** A layer, as a reader finds it. */
export interface LayerPlace {
  /** Names of the models and layers around it and its own, joined by slashes; empty outside of all. */
  readonly path: string;
  /** Its class; empty outside of all layers. */
  readonly className: string;
}

/** A kernel's call. Tensors are numbers of {@link Trace.values}. */
export interface TracedOp {
  readonly kernel: string;
  readonly inputs: readonly (readonly [name: string, value: number])[];
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly outputs: readonly number[];
  readonly layer: LayerPlace;
}

/** What a model does for inputs of one size. */
export interface Trace {
  readonly values: readonly TracedValue[];
  readonly ops: readonly TracedOp[];
  readonly outputs: readonly number[];
}
