import { permutation, sampleKey, siteOf, uniform } from "sample-keys";

const SHUFFLE = siteOf("shuffle");
const DRAW = siteOf("weighted draw");
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

/**
 * Samples that one epoch of `repeats` augmented versions shows: as many as the data set has, rounded down to a multiple of 256
 * where there are that many, as facebookresearch/deit's RASampler.
 */
export function epochLength(size: number, repeats: number): number {
  return repeats === 1 || size < 256 ? size : size - (size % 256);
}

/**
 * Repeated augmentation: each sample `repeats` times in a row, cut to {@link epochLength}, so that one epoch sees a third of the
 * samples three times. FB's sampler deals these out to its replicas in turn; together they see this order.
 *
 * @see Hoffer et al. 2019, https://arxiv.org/abs/1901.09335; facebookresearch/deit, samplers.py
 */
export function repeatedOrder(order: Uint32Array, repeats: number): Uint32Array {
  const length = epochLength(order.length, repeats);
  return Uint32Array.from({ length }, (_, i) => order[Math.floor(i / repeats)]!);
}

/**
 * Draws an epoch's samples with replacement, each with a probability in proportion to its weight: PyTorch's `WeightedRandomSampler`, as a
 * function of seed, epoch and position.
 *
 * @param weights - Weight of each sample, finite and at least 0, not all 0.
 * @returns As many samples as there are weights; those of weight 0 never.
 */
export function weightedOrder(weights: readonly number[], seed: number, epoch: number): Uint32Array {
  const key = sampleKey(seed, epoch, ORDER);
  const sums = new Float64Array(weights.length);
  let total = 0;
  weights.forEach((weight, i) => {
    total += weight;
    sums[i] = total;
  });
  return Uint32Array.from(weights, (_, i) => firstAbove(sums, uniform(key, DRAW, i) * total));
}

/** Index of the first sum above a number below the last sum. */
function firstAbove(sums: Float64Array, number: number): number {
  let [low, high] = [0, sums.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sums[middle]! > number) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** For each place of an order, how often its sample was there before: draws of one sample get keys of their own. */
export function occurrences(order: Uint32Array, size: number): Uint32Array {
  const counts = new Uint32Array(size);
  return order.map((sample) => counts[sample]!++);
}
