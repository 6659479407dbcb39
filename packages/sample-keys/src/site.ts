const OFFSET_BASIS = 0x811c9dc5;
const PRIME = 0x01000193;

/**
 * A place where something random is decided, as a number: the 32-bit FNV-1a hash of its name's UTF-8 bytes.
 *
 * Two decisions about one sample must be independent, so each draws from a site of its own: a layer uses its name, an
 * augmentation the name of the step.
 *
 * @param name - Any string; a layer's name, or for instance `"crop.x"`.
 * @returns uint32.
 * @throws TypeError if `name` is not a string.
 * @see Fowler, Noll, Vo, https://www.rfc-editor.org/rfc/rfc9923
 *
 * @example
 * console.log(siteOf("a").toString(16)); // e40c292c
 */
export function siteOf(name: string): number {
  if (typeof name !== "string") throw new TypeError(`siteOf: name must be a string, got ${String(name)}`);
  let hash = OFFSET_BASIS;
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, PRIME);
  return hash >>> 0;
}
