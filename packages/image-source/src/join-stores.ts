import { requireArguments } from "known-options";
import { SampleStore, STORE } from "./sample-store.ts";

/**
 * Joins two stores: the first one's pictures, then the second one's, copied into one block of memory.
 *
 * @throws RangeError if their classes or encodings differ, or a key is in both.
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
    labels: Int32Array.of(...first.labels, ...second.labels),
    bytes,
    spans: Float64Array.from(spans),
    encoding: first.encoding,
  });
}
