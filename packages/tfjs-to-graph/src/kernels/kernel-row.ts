import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { TensorSpec } from "../trace/traced.ts";
import type { KernelCall } from "./kernel-call.ts";

/** Inputs by name; lists have numbers for names. */
export type Tensors = Readonly<Record<string, TensorSpec>>;

/** A kernel's call in one trace. */
interface ShapedCall {
  readonly kernel: string;
  readonly inputs: Tensors;
  readonly attrs: Readonly<Record<string, unknown>>;
}

/** What is known of a tfjs kernel: the tensors that it makes, and the nodes of a graph that do the same. */
export interface KernelRow {
  /** Whether the kernel returns a list. */
  readonly many: boolean;
  /** Shapes and types of the outputs. */
  infer(call: ShapedCall): readonly TensorSpec[];
  /** Adds nodes; names the value of each output. */
  emit(call: KernelCall, to: GraphBuilder): readonly string[];
}

/** Rows by kernel. */
export type KernelRows = Readonly<Record<string, KernelRow>>;

/** A row of a kernel with one output. */
export function row<Attrs = Record<string, never>>(
  infer: (inputs: Tensors, attrs: Attrs) => TensorSpec,
  emit: (call: KernelCall, to: GraphBuilder) => string,
): KernelRow {
  return {
    many: false,
    infer: ({ inputs, attrs }) => [infer(inputs, attrs as Attrs)],
    emit: (call, to) => [emit(call, to)],
  };
}

/** A row of a kernel with a list of outputs. */
export function rowOfMany<Attrs>(
  infer: (inputs: Tensors, attrs: Attrs) => readonly TensorSpec[],
  emit: (call: KernelCall, to: GraphBuilder) => readonly string[],
): KernelRow {
  return { many: true, infer: ({ inputs, attrs }) => infer(inputs, attrs as Attrs), emit };
}

/** A list of inputs, in order. */
export function listed<T>(inputs: Readonly<Record<string, T>>): T[] {
  return Object.values(inputs);
}
