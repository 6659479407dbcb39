import { isObject, refused } from "./fields.ts";
import { MOST_CLASSES } from "./limits.ts";

/** Classes of a file: their number, and their names where it has any. */
export interface FoundClasses {
  readonly classes: number;
  readonly classNames?: string[];
}

/**
 * Returns the classes of transformers' `id2label`, a name for each of "0", "1", …
 *
 * Two classes may have one name ("crane" twice in ImageNet). `LABEL_0`, `LABEL_1`, …, which transformers writes where no name
 * is known, are none.
 *
 * @throws RangeError for another value, a gap, a key that is no number, or a name that is no string.
 */
export function classesOfLabels(caller: string, id2label: unknown): FoundClasses {
  if (!isObject(id2label)) throw refused(caller, "id2label to be an object", id2label);
  const keys = Object.keys(id2label);
  if (keys.length > MOST_CLASSES)
    throw refused(caller, `id2label to have at most ${MOST_CLASSES} names`, keys.length);
  const classNames = keys.map((_, index) => {
    if (!Object.hasOwn(id2label, index)) {
      const other = keys.find((key) => !/^(0|[1-9]\d*)$/.test(key) || Number(key) >= keys.length);
      throw refused(
        caller,
        `id2label to name the classes 0 to ${keys.length - 1}, ${index} among them`,
        other,
      );
    }
    const name = id2label[index];
    if (typeof name !== "string")
      throw refused(caller, `id2label's name of class ${index} to be a string`, name);
    return name;
  });
  const areNames = classNames.some((name, index) => name !== `LABEL_${index}`);
  return { classes: classNames.length, ...(areNames && { classNames }) };
}

/**
 * Returns the names of a list, one for each of a number of classes; `undefined` for none.
 *
 * @throws RangeError for another value, or another number of names.
 */
export function classNamesOf(caller: string, names: unknown, classes: number): string[] | undefined {
  if (names === undefined || names === null) return undefined;
  if (!Array.isArray(names) || !names.every((name) => typeof name === "string")) {
    throw refused(caller, "label_names to be an array of strings", names);
  }
  if (names.length !== classes) throw refused(caller, `label_names to have ${classes} names`, names.length);
  return classes === 0 ? undefined : names;
}
