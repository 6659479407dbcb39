import { type Check, check } from "known-options";

/** Check of names of classes: texts; two may be equal, as two of ImageNet's are. */
export const CLASS_NAMES: Check = check(
  "a list of texts",
  (it) => Array.isArray(it) && it.every((name) => typeof name === "string" && name !== ""),
);

/** The names of a head's classes, transformers' own where none are given. @throws RangeError for another number of names. */
export function namesFor(
  caller: string,
  names: readonly string[] | undefined,
  classes: number,
): readonly string[] {
  if (names !== undefined && names.length !== classes)
    throw new RangeError(
      `${caller}: classNames must be ${classes} names, as many as the head has classes, got ${names.length}`,
    );
  return names ?? Array.from({ length: classes }, (_, i) => `LABEL_${i}`);
}
