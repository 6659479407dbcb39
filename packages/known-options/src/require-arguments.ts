import { type Check, check } from "./check.ts";
import { shown } from "./shown.ts";

/** A tensor. */
export const TENSOR: Check = having(
  "a tf.Tensor",
  ({ shape, dtype }) => Array.isArray(shape) && typeof dtype === "string",
);
/** A tfjs layers model. */
export const MODEL: Check = having("a tfjs layers model", (value) =>
  [value.weights, value.inputs, value.outputs].every(Array.isArray),
);
/** An array. */
export const LIST: Check = check("an array", Array.isArray);
/** A list of numbers or strings, typed arrays included. */
export const ARRAY_LIKE: Check = having("an array", ({ length }) => typeof length === "number");
/** Bytes. */
export const BYTES: Check = check("a Uint8Array", (value) => value instanceof Uint8Array);

/** An object with members that fit a condition. */
/* @__NO_SIDE_EFFECTS__ */
export function having(expected: string, fits: (value: Record<string, unknown>) => boolean): Check {
  return check(
    expected,
    (value) => typeof value === "object" && value !== null && fits(value as Record<string, unknown>),
  );
}

/**
 * Checks the types of a function's arguments.
 *
 * @throws TypeError that names the first argument that does not fit.
 *
 * @example
 * requireArguments("sum", { x: [1, 2] }, { x: LIST });
 */
export function requireArguments<Arguments extends object>(
  caller: string,
  args: Arguments,
  checks: { readonly [Name in keyof Arguments]: Check },
): void {
  for (const [name, { expected, fits }] of Object.entries<Check>(checks)) {
    const value = args[name as keyof Arguments];
    if (!fits(value)) throw new TypeError(`${caller}: ${name} must be ${expected}, got ${shown(value)}`);
  }
}
