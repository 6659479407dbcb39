/** Requirement on one option. */
export interface Check {
  /** Description that follows "must be" in an error message: `"an integer >= 1"`. */
  readonly expected: string;
  /** Whether a value fits. Must not throw. */
  readonly fits: (value: unknown) => boolean;
}

/**
 * Returns a check from its description and its condition.
 *
 * @example
 * const even = check("an even integer", (value) => Number.isInteger(value) && Number(value) % 2 === 0);
 * console.log(even.fits(4), even.fits("4")); // true false
 */
/* @__NO_SIDE_EFFECTS__ */
export function check(expected: string, fits: (value: unknown) => boolean): Check {
  return { expected, fits };
}

const isNumber = (value: unknown): value is number => typeof value === "number";
/* @__NO_SIDE_EFFECTS__ */
const number = (expected: string, fits: (value: number) => boolean): Check =>
  check(expected, (value) => isNumber(value) && fits(value));

/** Anything, `undefined` included. */
export const ANY: Check = check("anything", () => true);
/** `true` or `false`. */
export const BOOLEAN: Check = check("true or false", (value) => typeof value === "boolean");
/** A string. */
export const STRING: Check = check("a string", (value) => typeof value === "string");
/** A function. */
export const FUNCTION: Check = check("a function", (value) => typeof value === "function");
/** An `AbortSignal`. */
export const ABORT_SIGNAL: Check = check(
  "an AbortSignal",
  (value) => typeof (value as AbortSignal | null)?.aborted === "boolean",
);

/** An object that is not an array. */
export const OBJECT: Check = check(
  "an object",
  (value) => typeof value === "object" && value !== null && !Array.isArray(value),
);
/** A finite number. */
export const FINITE: Check = number("a finite number", Number.isFinite);
/** A finite number above 0. */
export const POSITIVE: Check = number("a finite number > 0", (value) => Number.isFinite(value) && value > 0);
/** A number in [0, 1]. */
export const FRACTION: Check = number("in [0, 1]", (value) => value >= 0 && value <= 1);
/** A number in [0, 1): a drop rate. */
export const RATE: Check = number("in [0, 1)", (value) => value >= 0 && value < 1);
/** An integer ≥ 1. */
export const COUNT: Check = integerFrom(1);
/** An integer in [0, 2³²): a seed. */
export const UINT32: Check = number("an integer in [0, 2^32)", (value) => value >>> 0 === value);

/** An integer ≥ `least`. */
/* @__NO_SIDE_EFFECTS__ */
export function integerFrom(least: number): Check {
  return number(`an integer >= ${least}`, (value) => Number.isInteger(value) && value >= least);
}

/** A finite number ≥ `least`. */
/* @__NO_SIDE_EFFECTS__ */
export function atLeast(least: number): Check {
  return number(`a finite number >= ${least}`, (value) => Number.isFinite(value) && value >= least);
}

/** One of these values, compared with `===`. */
/* @__NO_SIDE_EFFECTS__ */
export function oneOf(...values: readonly (string | number | boolean)[]): Check {
  return check(values.map((value) => JSON.stringify(value)).join(" or "), (value) =>
    values.includes(value as string),
  );
}

/** A value that fits any of the checks. */
/* @__NO_SIDE_EFFECTS__ */
export function either(...checks: readonly Check[]): Check {
  return check(checks.map(({ expected }) => expected).join(" or "), (value) =>
    checks.some(({ fits }) => fits(value)),
  );
}

/** The check, or `undefined`. */
/* @__NO_SIDE_EFFECTS__ */
export function optional({ expected, fits }: Check): Check {
  return check(expected, (value) => value === undefined || fits(value));
}
