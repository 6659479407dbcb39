/** Numbers with their shape. */
export interface Values {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Axes of ours that PyTorch's are made of: `[out, in]` for matrices, `[out, in, height, width]` for convolutions. */
const TO_TORCH: Readonly<Record<number, readonly number[]>> = { 2: [1, 0], 4: [3, 2, 0, 1] };
const FROM_TORCH: Readonly<Record<number, readonly number[]>> = { 2: [1, 0], 4: [2, 3, 1, 0] };

/** The shape that PyTorch gives to a weight of ours. */
export function torchShape(shape: readonly number[]): number[] {
  return (TO_TORCH[shape.length] ?? [...shape.keys()]).map((axis) => shape[axis]!);
}

/** A weight of ours as PyTorch lays it out. */
export function toTorch(values: Values): Values {
  return permute(values, TO_TORCH);
}

/** A weight of PyTorch's as we lay it out. */
export function fromTorch(values: Values): Values {
  return permute(values, FROM_TORCH);
}

function permute({ shape, data }: Values, orders: Readonly<Record<number, readonly number[]>>): Values {
  const order = orders[shape.length];
  if (!order) return { shape, data };
  const to = order.map((axis) => shape[axis]!);
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((size, side) => size * side, 1));
  const steps = order.map((axis) => strides[axis]!);
  const result = new Float32Array(data.length);
  const last = to.length - 1;
  const index = to.map(() => 0);
  let from = 0;
  for (let i = 0; i < result.length; i++) {
    result[i] = data[from]!;
    for (let axis = last; axis >= 0; axis--) {
      from += steps[axis]!;
      if (++index[axis]! < to[axis]!) break;
      from -= steps[axis]! * to[axis]!;
      index[axis] = 0;
    }
  }
  return { shape: to, data: result };
}
