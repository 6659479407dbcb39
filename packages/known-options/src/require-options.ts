import type { Check } from "./check.ts";
import { shown } from "./shown.ts";
import { suggestion } from "./suggestion.ts";

/** One check for each key of an options type; a missing one does not compile. */
export type Checks<Options> = { readonly [Key in keyof Required<Options>]: Check };

/**
 * Rejects an options object that has an unknown key, or a value that is missing or does not fit.
 *
 * TypeScript catches most of these, but not in JavaScript, in parsed JSON or behind a cast; a misspelled key would silently
 * leave a default in place. A key whose value is `undefined` counts as left out.
 *
 * @param caller - Function or class that takes the options; the message begins with it.
 * @returns The same object, for use in `super(requireOptions(…))`.
 * @throws TypeError if `options` is not an object or has an unknown key; names the nearest known key, then all of them.
 * @throws RangeError for the first value that does not fit, in the order of `checks`.
 *
 * @example
 * interface Options { readonly size: number; readonly rate?: number }
 * const checks: Checks<Options> = { size: COUNT, rate: optional(RATE) };
 * requireOptions("resize", { size: 4 }, checks);
 * requireOptions("resize", JSON.parse('{ "siez": 4 }'), checks); // TypeError: resize: unknown option 'siez'; did you mean 'size'? …
 */
export function requireOptions<Options extends object>(
  caller: string,
  options: Options,
  checks: Checks<Options>,
): Options {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new TypeError(`${caller}: options must be an object, got ${shown(options)}`);
  }
  const names = Object.keys(checks);
  for (const key of Object.keys(options)) {
    if (Object.hasOwn(checks, key)) continue;
    throw new TypeError(
      `${caller}: unknown option '${key}'${suggestion(key, names)}; known: ${names.join(", ")}`,
    );
  }
  for (const [key, { expected, fits }] of Object.entries<Check>(checks)) {
    const value: unknown = options[key as keyof Options];
    if (!fits(value)) throw new RangeError(`${caller}: ${key} must be ${expected}, got ${shown(value)}`);
  }
  return options;
}
