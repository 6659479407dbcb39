import { type Check, check } from "known-options";

/** Reads a field of a parsed JSON object; an absent one and `null` give the default. */
export type ReadField = <Value>(name: string, expected: Check, absent: Value) => Value;

/**
 * Returns a reader of a parsed JSON object's own fields: `__proto__` and `constructor` are names like others.
 *
 * @param caller - First word of the errors' messages.
 * @param place - Prefix of the fields' names in the messages, such as `"model_args."`.
 * @throws RangeError if `json` is not an object; the reader throws one for a field that does not fit.
 */
export function fieldsOf(caller: string, json: unknown, place = ""): ReadField {
  if (!isObject(json)) {
    throw refused(caller, `${place === "" ? "" : `${place.slice(0, -1)} to be `}an object`, json);
  }
  return (name, { expected, fits }, absent) => {
    const value = ownField(json, name);
    if (value === undefined || value === null) return absent;
    if (!fits(value)) throw refused(caller, `${place}${name} to be ${expected}`, value);
    return value as typeof absent;
  };
}

/** Returns a field that the object itself has, or `undefined`. */
export function ownField(json: object, name: string): unknown {
  return Object.hasOwn(json, name) ? (json as Record<string, unknown>)[name] : undefined;
}

/** Whether a value is an object that is not an array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Returns the error of something that is not as expected. */
export function refused(caller: string, expected: string, value: unknown): RangeError {
  const text = JSON.stringify(value) ?? String(value);
  return new RangeError(
    `${caller}: expected ${expected}, got ${text.length > 80 ? `${text.slice(0, 77)}…` : text}`,
  );
}

/** An integer from 1 to `most`: files are not trusted with the sizes of what is allocated. */
export function sizeTo(most: number): Check {
  return check(
    `an integer in [1, ${most}]`,
    (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= most,
  );
}

/** Two sizes from 1 to `most`. */
export function sizesTo(most: number): Check {
  const { expected, fits } = sizeTo(most);
  return check(
    `two of ${expected}`,
    (value) => Array.isArray(value) && value.length === 2 && value.every(fits),
  );
}

/** Means or deviations, one a channel. */
export const CHANNELS: Check = check(
  "an array of finite numbers, one a channel",
  (value) =>
    Array.isArray(value) && value.length >= 1 && value.length <= 1024 && value.every(Number.isFinite),
);
