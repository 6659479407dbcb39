import { elements, type Numbers } from "safetensors-io";
import type { TensorRecord } from "./values.ts";

/** Elements of a storage that a tensor covers, in the order of the storage. */
export interface Span {
  readonly begin: number;
  readonly length: number;
  /** Whether they are the tensor's elements in order. */
  readonly isContiguous: boolean;
}

/** Returns a tensor's span; its length is infinite beyond the safe integers. */
export function spanOf({ offset, shape, strides }: TensorRecord): Span {
  const size = elements(shape);
  if (size === 0) return { begin: 0, length: 0, isContiguous: true };
  let [last, step, isContiguous] = [0, 1, true];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const side = shape[axis]!;
    if (side === 1) continue; // its stride means nothing
    last += (side - 1) * strides[axis]!;
    if (strides[axis] !== step) isContiguous = false;
    step *= side;
  }
  const isSafe = Number.isSafeInteger(offset + last + 1);
  return { begin: offset, length: isSafe ? last + 1 : Number.POSITIVE_INFINITY, isContiguous };
}

/** Copies a tensor's elements from its span, row-major, into a new array. */
export function gathered(
  span: Numbers,
  { shape, strides }: Pick<TensorRecord, "shape" | "strides">,
): Numbers {
  const values = new (span.constructor as new (length: number) => Numbers)(elements(shape));
  const place = shape.map(() => 0);
  let at = 0;
  for (let i = 0; i < values.length; i++) {
    values[i] = span[at]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += strides[axis]!;
      if (++place[axis]! < shape[axis]!) break;
      at -= shape[axis]! * strides[axis]!;
      place[axis] = 0;
    }
  }
  return values;
}
