import type { Storage } from "./storage.ts";

/** A buffer that temporaries share, one after the other. */
export interface SharedBuffer {
  readonly bytes: number;
  readonly storages: readonly Storage[];
}

/**
 * Assigns temporaries to as little memory as this finds: from the largest on, each to the smallest buffer that no other of its time
 * uses, or to a new one.
 *
 * Buffers and not ranges of one: WebGPU refuses a dispatch that reads one range of a buffer and writes another.
 *
 * @see Pisarchyk and Lee 2020, "Greedy by Size for Shared Objects", https://arxiv.org/abs/2001.03288
 */
export function planMemory(temporaries: Iterable<Storage>): SharedBuffer[] {
  const shared: { bytes: number; storages: Storage[] }[] = [];
  for (const storage of [...temporaries].sort((a, b) => b.bytes - a.bytes)) {
    const fits = shared.filter(({ storages }) => storages.every((other) => !overlap(storage, other)));
    const best = fits.at(-1); // they came from the largest on
    if (best === undefined) shared.push({ bytes: storage.bytes, storages: [storage] });
    else best.storages.push(storage);
  }
  return shared;
}

function overlap(a: Storage, b: Storage): boolean {
  return a.first <= b.last && b.first <= a.last;
}
