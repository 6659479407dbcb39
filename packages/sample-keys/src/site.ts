const OFFSET_BASIS = 0x811c9dc5;
const PRIME = 0x01000193;

/**
 * Returns the site of a random decision: the 32-bit FNV-1a hash of its name's UTF-8 bytes.
 *
 * Decisions about one sample are independent when each draws from its own site: a layer uses its name, an augmentation the
 * name of its operation.
 *
 * @param name - Any string, for instance a layer's name or `"crop.x"`.
 * @returns uint32.
 * @throws TypeError if `name` is not a string.
 * @see Fowler, Noll, Vo, https://www.rfc-editor.org/rfc/rfc9923
 *
 * @example
 * console.log(siteOf("a").toString(16)); // e40c292c
 */
/* @__NO_SIDE_EFFECTS__ */
export function siteOf(name: string): number {
  if (typeof name !== "string") throw new TypeError(`siteOf: name must be a string, got ${String(name)}`);
  let hash = OFFSET_BASIS;
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, PRIME);
  return hash >>> 0;
}
