/** Array types that {@link requireType} checks for. */
export type TypedArray = Float32Array | Int32Array | Uint32Array | BigUint64Array;

/** Throws a TypeError unless a value is an array of the given type. */
export function requireType<T extends TypedArray>(
  place: string,
  name: string,
  value: T | undefined,
  type: abstract new (...args: never[]) => T,
): asserts value is T {
  // By name: iframes and some test runners have their own classes.
  const found = Object.prototype.toString.call(value).slice(8, -1);
  if (found === type.name) return;
  const got = value === undefined ? "undefined" : value === null ? "null" : found;
  throw new TypeError(`${place}: ${name} must be of the type ${type.name}, got ${got}`);
}
