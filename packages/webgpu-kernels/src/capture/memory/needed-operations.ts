import type { Operation, Storage } from "./storage.ts";

/**
 * The operations that something depends on: outputs, variables, moments. tfjs computes some for nothing, such as a layer's second call
 * for its second output, or the gradient of a picture.
 *
 * @param needed - Storages that are read after the last one.
 */
export function neededOperations(operations: readonly Operation[], needed: Iterable<Storage>): Operation[] {
  const read = new Set(needed);
  const kept = [...operations].reverse().filter(({ storages, writes }) => {
    const isNeeded = storages
      .slice(0, writes)
      .some((storage) => storage.kind === "outside" || read.has(storage));
    // Written ones too: another may have filled a part.
    for (const storage of isNeeded ? storages : []) read.add(storage);
    return isNeeded;
  });
  return kept.reverse();
}
