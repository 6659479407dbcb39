import { oneOf, requireOptions } from "known-options";

/**
 * Order of a kernel's axes in a file: TensorFlow's and tfjs' `[in, out]` and `[height, width, in, out]`, or PyTorch's
 * `[out, in]` and `[out, in, height, width]`. Tensors of other ranks are equal in both.
 */
export type Layout = "tensorflow" | "torch";

function isTorch(layout: Layout): boolean {
  requireOptions("layout", { layout }, { layout: oneOf("tensorflow", "torch") });
  return layout === "torch";
}

const TO_TORCH: Readonly<Record<number, readonly number[]>> = { 2: [1, 0], 4: [3, 2, 0, 1] };
const FROM_TORCH: Readonly<Record<number, readonly number[]>> = { 2: [1, 0], 4: [2, 3, 1, 0] };

/**
 * Returns the shape in a file of a tfjs model's weight.
 *
 * @example
 * console.log(shapeIn("torch", [7, 7, 3, 64])); // [ 64, 3, 7, 7 ]
 */
export function shapeIn(layout: Layout, shape: readonly number[]): readonly number[] {
  const order = isTorch(layout) ? TO_TORCH[shape.length] : undefined;
  return order === undefined ? shape : order.map((axis) => shape[axis]!);
}

/** Permutes the values of a weight of this shape to a file's order. */
export function toLayout(layout: Layout, shape: readonly number[], data: Float32Array): Float32Array {
  return isTorch(layout) ? permuted(data, shape, TO_TORCH[shape.length]) : data;
}

/** Permutes a file's values to the order of a weight of this shape. */
export function fromLayout(layout: Layout, shape: readonly number[], data: Float32Array): Float32Array {
  return isTorch(layout) ? permuted(data, shapeIn(layout, shape), FROM_TORCH[shape.length]) : data;
}

function permuted(
  data: Float32Array,
  shape: readonly number[],
  order: readonly number[] | undefined,
): Float32Array {
  if (order === undefined) return data;
  const sides = order.map((axis) => shape[axis]!);
  const steps = order.map((axis) => shape.slice(axis + 1).reduce((size, side) => size * side, 1));
  const result = new Float32Array(data.length);
  const index = sides.map(() => 0);
  let from = 0;
  for (let i = 0; i < result.length; i++) {
    result[i] = data[from]!;
    for (let axis = sides.length - 1; axis >= 0; axis--) {
      from += steps[axis]!;
      if (++index[axis]! < sides[axis]!) break;
      from -= steps[axis]! * sides[axis]!;
      index[axis] = 0;
    }
  }
  return result;
}
