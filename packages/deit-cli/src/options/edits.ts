/** Values by path, such as `recipe.warmup.steps`. `undefined` and `null` leave the value at that path out. */
export type Edits = Readonly<Record<string, unknown>>;

type Fields = Record<string, unknown>;

const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** An object's values by path. Lists and empty objects are values. */
export function leavesOf(object: object, prefix = ""): Edits {
  const entries = Object.entries(object).flatMap(([key, value]): [string, unknown][] =>
    isObject(value) && Object.keys(value).length > 0
      ? Object.entries(leavesOf(value, `${prefix}${key}.`))
      : [[`${prefix}${key}`, value]],
  );
  return Object.fromEntries(entries);
}

/** A copy of an object with the values of edits, in their order. */
export function withEdits<T extends object>(base: T, edits: Edits): T {
  const copy = structuredClone(base);
  for (const [path, value] of Object.entries(edits))
    setAt(copy as Fields, path.split("."), value ?? undefined);
  return copy;
}

function setAt(object: Fields, [key, ...rest]: readonly string[], value: unknown): void {
  const define = (one: unknown): void => {
    const field = { value: one, enumerable: true, writable: true, configurable: true };
    Object.defineProperty(object, key!, field); // "__proto__" too is a key like others
  };
  if (rest.length === 0) {
    if (value === undefined) delete object[key!];
    else define(structuredClone(value));
    return;
  }
  if (!Object.hasOwn(object, key!) || !isObject(object[key!])) {
    if (value === undefined) return;
    define({});
  }
  setAt(object[key!] as Fields, rest, value);
}

/** A file of edits that turns `base` into `value`: `value`, with null for keys that only `base` has. */
export function editsFrom(base: object, value: object): object {
  const [before, after] = [base, value] as Fields[];
  const changed = Object.entries(after!).map(([key, one]) => [
    key,
    isObject(one) && isObject(before![key]) ? editsFrom(before![key], one) : one,
  ]);
  const removed = Object.keys(before!).filter((key) => after![key] === undefined);
  return Object.fromEntries([...changed, ...removed.map((key) => [key, null])]);
}
