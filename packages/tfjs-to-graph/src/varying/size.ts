/** A whole number as a sum over dynamic axes: `constant + Σ factors[i] · axis i`. */
export interface Linear {
  readonly constant: number;
  readonly factors: readonly number[];
}

/** A number that differs with the sizes of the inputs' dynamic axes. */
export interface Varying {
  /** In each trace. */
  readonly values: readonly number[];
  /** Absent if it is no such sum. */
  readonly linear?: Linear;
}

/** A number of a shape or an attribute. */
export type Size = number | Varying;

export const isVarying = (value: unknown): value is Varying =>
  typeof value === "object" && value !== null && Array.isArray((value as Partial<Varying>).values);

/** Whether two numbers were the same in all traces. */
function sameSize(a: Size, b: Size): boolean {
  if (!isVarying(a) || !isVarying(b)) return a === b;
  return a.values.every((value, i) => value === b.values[i]);
}

/** Whether two shapes are the same for all sizes. */
export function sameShape(a: readonly Size[], b: readonly Size[]): boolean {
  return a.length === b.length && a.every((side, i) => sameSize(side, b[i]!));
}

/** The number, or what it was in the first trace. */
export const firstSize = (size: Size): number => (isVarying(size) ? size.values[0]! : size);

/** The numbers of a shape that is the same for all sizes; `undefined` if it is not. */
export function fixedShape(shape: readonly Size[]): number[] | undefined {
  return shape.some(isVarying) ? undefined : (shape as number[]);
}
