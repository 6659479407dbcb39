import type { Shape } from "@tensorflow/tfjs-layers";

/** A tensor between two layers. */
export interface Value {
  /** Its name in the graph. */
  readonly name: string;
  /** As tfjs has it, channels last; `null` for the batch and for axes of any size. */
  readonly shape: Shape;
  /** Whether the graph has it as `[batch, channels, …]`, as ONNX' convolutions want it. */
  readonly channelsFirst: boolean;
  /** Whether it comes from a node that pads with zeros. */
  readonly padded?: boolean;
}

/** A value in tfjs' own order of axes. */
export function value(name: string, shape: Shape): Value {
  return { name, shape, channelsFirst: false };
}

/** A value whose channels come before its other axes in the graph. */
export function planes(name: string, shape: Shape): Value {
  return { name, shape, channelsFirst: true };
}

/** Axes of a tensor with the channels moved to the front, and back. */
export const toFirst = (rank: number): number[] => [0, rank - 1, ...range(1, rank - 1)];
export const toLast = (rank: number): number[] => [0, ...range(2, rank), 1];

function range(start: number, end: number): number[] {
  return Array.from({ length: end - start }, (_, i) => start + i);
}
