/** An array of numbers that a check knows. */
export type TypedArray = Float32Array | Int32Array | Uint32Array | BigUint64Array;

/** @throws TypeError unless a value is an array of the given type. */
export function requireType<T extends TypedArray>(
  place: string,
  name: string,
  value: T | undefined,
  type: abstract new (...args: never[]) => T,
): asserts value is T {
  // By name: a page's frames and some test runners have classes of their own.
  const found = Object.prototype.toString.call(value).slice(8, -1);
  if (found === type.name) return;
  const got = value === undefined ? "undefined" : value === null ? "null" : found;
  throw new TypeError(`${place}: ${name} must be of the type ${type.name}, got ${got}`);
}
