import { createHash } from "node:crypto";
import { LIST, requireArguments } from "known-options";

const SIZE = 3670;
/** SHA-256 of the sorted keys, joined by newlines. */
const SORTED_KEYS = "d273cbb2b601696a973ba4949b501feef3d7caa150c9c486f9e2aa65f8155eea";

/**
 * Whether these are the keys of tf_flowers 3.0.1, in any order: its photos are read and split as TensorFlow Datasets does.
 *
 * @throws TypeError if `keys` is not an array.
 *
 * @example
 * console.log(isTfFlowers(["roses/1.jpg"])); // false
 */
export function isTfFlowers(keys: readonly string[]): boolean {
  requireArguments("isTfFlowers", { keys }, { keys: LIST });
  if (keys.length !== SIZE) return false;
  const sorted = [...keys].sort().join("\n");
  return createHash("sha256").update(sorted).digest("hex") === SORTED_KEYS;
}
