import { requireArguments } from "known-options";
import { MULTI_LABEL } from "sample-keys";
import { SampleStore, STORE } from "./sample-store.ts";

/**
 * Joins two stores: the first one's pictures, then the second one's, copied into one block of memory.
 *
 * @throws RangeError if their classes or encodings differ, a key is in both, or one has one class a picture and the other several.
 *
 * @example
 * const more = new SampleStore({ ...store, keys: store.keys.map((key) => `more/${key}`), labels: store.labels.map(() => -1) });
 * console.log(joinStores(store, more).size === 2 * store.size); // true
 */
export function joinStores(first: SampleStore, second: SampleStore): SampleStore {
  requireArguments("joinStores", { first, second }, { first: STORE, second: STORE });
  for (const what of ["classNames", "encoding"] as const) {
    const [one, other] = [JSON.stringify(first[what]), JSON.stringify(second[what])];
    if (one !== other)
      throw new RangeError(`joinStores: expected stores of one ${what}, got ${one} and ${other}`);
  }
  const stores = [first, second];
  const multiHot = joinedMultiHot(stores);
  const sizes = stores.map(({ size, spans }) => {
    let total = 0;
    for (let i = 0; i < size; i++) total += spans[2 * i + 1]! - spans[2 * i]!;
    return total;
  });
  const bytes = new SharedArrayBuffer(sizes[0]! + sizes[1]!);
  const target = new Uint8Array(bytes);
  const spans: number[] = [];
  let at = 0;
  for (const store of stores) {
    for (let i = 0; i < store.size; i++) {
      const own = store.bytesOf(i);
      target.set(own, at);
      spans.push(at, at + own.length);
      at += own.length;
    }
  }
  return new SampleStore({
    classNames: first.classNames,
    keys: [...first.keys, ...second.keys],
    labels: concatenated(Int32Array, first.labels, second.labels),
    ...(multiHot && { multiHot }),
    bytes,
    spans: Float64Array.from(spans),
    encoding: first.encoding,
  });
}

/** Rows of both stores; zeros for one whose pictures have no labels. */
function joinedMultiHot([first, second]: readonly SampleStore[]): Uint8Array | undefined {
  if (first!.multiHot === undefined && second!.multiHot === undefined) return undefined;
  const [one, other] = [first!, second!].map((store) => {
    if (store.multiHot !== undefined) return store.multiHot;
    if (store.labels.every((label) => label === -1))
      return new Uint8Array(store.size * store.classNames.length);
    throw new RangeError(
      `joinStores: expected two stores with labels of one kind, got one with a class a picture and one with several (${MULTI_LABEL})`,
    );
  });
  return concatenated(Uint8Array, one!, other!);
}

function concatenated<T extends Int32Array | Uint8Array>(
  Type: new (length: number) => T,
  one: T,
  other: T,
): T {
  const both = new Type(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}
