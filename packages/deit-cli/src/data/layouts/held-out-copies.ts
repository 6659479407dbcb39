import { createHash } from "node:crypto";
import type { SampleStore } from "image-source";

/**
 * What to say of held-out pictures whose files are training pictures too; `undefined` if there are none. Accuracy on them is too high.
 *
 * @param what - Which pictures are held out, for people.
 */
export function heldOutCopies(train: SampleStore, heldOut: SampleStore, what: string): string | undefined {
  const known = new Map(train.keys.map((key, i) => [digest(train, i), key]));
  const copies = heldOut.keys.filter((_, i) => known.has(digest(heldOut, i)));
  const [first] = copies;
  if (first === undefined) return undefined;
  const original = known.get(digest(heldOut, heldOut.keys.indexOf(first)))!;
  const are = copies.length === 1 ? `1 ${what} picture is` : `${copies.length} ${what} pictures are`;
  return `${are} among the training pictures too, such as '${first}' ('${original}'): accuracy on them is too high`;
}

/** SHA-256 of a picture's file. */
export function digest(store: SampleStore, index: number): string {
  return createHash("sha256").update(store.bytesOf(index)).digest("base64");
}
