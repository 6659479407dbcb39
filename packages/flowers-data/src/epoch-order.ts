import { permutation, sampleKey, siteOf, uniform } from "sample-keys";

const SHUFFLE = siteOf("shuffle");
/** Stands where a sample's number would, so that an epoch's order shares no key with a sample. */
const ORDER = 2 ** 32 - 1;

/**
 * The order of one training epoch, fixed by seed and epoch.
 *
 * @param size - Samples.
 * @param buffer - Undefined: any order is as likely as any other. A number: as `tf.data`'s `shuffle(buffer)`, which
 * draws each sample from the next `buffer` that are waiting (2560 in the Keras example).
 */
export function epochOrder(size: number, seed: number, epoch: number, buffer?: number): Uint32Array {
  const key = sampleKey(seed, epoch, ORDER);
  if (buffer === undefined || buffer >= size) return permutation(size, key);
  const waiting = Uint32Array.from({ length: buffer }, (_, i) => i);
  const order = new Uint32Array(size);
  let held = buffer;
  for (let i = 0; i < size; i++) {
    const drawn = Math.floor(uniform(key, SHUFFLE, i) * held);
    order[i] = waiting[drawn]!;
    const next = buffer + i;
    waiting[drawn] = next < size ? next : waiting[--held]!;
  }
  return order;
}
