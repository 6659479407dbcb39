import { check, requireArguments } from "known-options";

/** Ending of the files that Chromium keeps beside a file while it is written. */
export const SWAP_FILE = ".crswap";

/** Lone surrogates are all stored as the same character: two names would be one. */
const NAME = /^[^/\\\p{Cc}\p{Cs}]{1,200}$/u;

function isName(value: unknown): boolean {
  return (
    typeof value === "string" &&
    NAME.test(value) &&
    value !== "." &&
    value !== ".." &&
    !value.endsWith(SWAP_FILE)
  );
}

const PATH = check(
  'names with "/" between them',
  (value) => typeof value === "string" && value.split("/").every(isName),
);

/** Returns the names in an argument of `caller`, such as `{ path: "runs/1" }`. @throws TypeError if it is not a path. */
export function namesOf(caller: string, argument: Readonly<Record<string, string>>): readonly string[] {
  const [[name, path]] = Object.entries(argument) as [[string, string]];
  requireArguments(caller, argument, { [name]: PATH });
  return path.split("/");
}

/** Throws a RangeError unless an entry's name can be a file's. */
export function requireName(place: string, name: string): void {
  if (!isName(name)) {
    throw new RangeError(`${place}: a checkpoint's name must be a file's, got ${JSON.stringify(name)}`);
  }
}
