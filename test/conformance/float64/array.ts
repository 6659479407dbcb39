/** Numbers in float64, row-major: what the reference computes with. */
export interface Array64 {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** An array from a function of the index. */
export function build(shape: readonly number[], of: (...index: number[]) => number): Array64 {
  const data = new Float64Array(shape.reduce((size, side) => size * side, 1));
  const index = shape.map(() => 0);
  for (let i = 0; i < data.length; i++) {
    data[i] = of(...index);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]! += 1;
      if (index[axis]! < shape[axis]!) break;
      index[axis] = 0;
    }
  }
  return { shape, data };
}

/** The number at an index. */
export function at({ shape, data }: Array64, ...index: number[]): number {
  let place = 0;
  for (let axis = 0; axis < shape.length; axis++) place = place * shape[axis]! + index[axis]!;
  return data[place]!;
}

/** Each number by itself. */
export function map({ shape, data }: Array64, f: (value: number, index: number) => number): Array64 {
  return { shape, data: data.map(f) };
}

/** Numbers in pairs; `y` is repeated along the axes that it lacks or in which it has one place. */
export function zip(x: Array64, y: Array64, f: (a: number, b: number) => number): Array64 {
  if (x.data.length === y.data.length) return map(x, (value, i) => f(value, y.data[i]!));
  const lacks = x.shape.length - y.shape.length;
  return build(x.shape, (...index) => {
    const there = y.shape.map((side, axis) => (side === 1 ? 0 : index[axis + lacks]!));
    return f(at(x, ...index), at(y, ...there));
  });
}

/** Element by element. */
export function add(x: Array64, y: Array64): Array64 {
  return zip(x, y, (a, b) => a + b);
}

/** The same numbers, in another shape. */
export function reshape({ data }: Array64, shape: readonly number[]): Array64 {
  return { shape, data };
}

/** The arrays one after the other, as a list. */
export function joined(...arrays: readonly Array64[]): Array64 {
  const data = Float64Array.from(arrays.flatMap((array) => [...array.data]));
  return { shape: [data.length], data };
}

/** Each run of the last axis by itself; `f` gives as many numbers for each. */
export function mapRows(x: Array64, f: (row: Float64Array) => ArrayLike<number>): Array64 {
  const width = x.shape.at(-1)!;
  const rows = x.data.length / width;
  const first = f(x.data.subarray(0, width));
  const data = new Float64Array(rows * first.length);
  for (let row = 0; row < rows; row++) {
    data.set(row === 0 ? first : f(x.data.subarray(row * width, (row + 1) * width)), row * first.length);
  }
  return { shape: [...x.shape.slice(0, -1), first.length], data };
}

/** One number of each run of the last axis, which goes. */
export function reduceRows(x: Array64, f: (row: Float64Array) => number): Array64 {
  return reshape(
    mapRows(x, (row) => [f(row)]),
    x.shape.slice(0, -1),
  );
}

/** Σ. */
export function total(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum;
}
