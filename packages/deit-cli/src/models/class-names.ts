/** Names in the normal form NFC, in which they are compared: macOS' file systems decompose "é", keyboards do not. */
const spelled = (name: string): string => name.normalize("NFC");

/** True for equal names in the same order. */
export function areSameNames(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((name, i) => spelled(name) === spelled(others[i]!));
}

/** Index in `known` of each of `names`; -1 for one that is not there. */
export function placesOf(names: readonly string[], known: readonly string[]): number[] {
  const places = known.map(spelled);
  return names.map((name) => places.indexOf(spelled(name)));
}
