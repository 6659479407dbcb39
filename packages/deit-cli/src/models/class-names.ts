/** Names as they are compared: macOS' file systems spell "é" in another way than people's keyboards do. */
const spelled = (name: string): string => name.normalize("NFC");

/** Whether two lists hold the same names in the same order. */
export function areSameNames(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((name, i) => spelled(name) === spelled(others[i]!));
}

/** Index in `known` of each name that is wanted; -1 for one that is not there. */
export function placesOf(wanted: readonly string[], known: readonly string[]): number[] {
  const names = known.map(spelled);
  return wanted.map((name) => names.indexOf(spelled(name)));
}
