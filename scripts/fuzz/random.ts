import { sampleKey, siteOf, uniform } from "sample-keys";

const SITE = siteOf("fuzz");

/** Random numbers of one input: the same for the same seed, format and number of the input, whatever ran before it. */
export class Random {
  readonly #key: number;
  #drawn = 0;

  constructor(seed: number, format: string, input: number) {
    this.#key = sampleKey(seed, siteOf(format), input);
  }

  /** A number in [0, 1). */
  next(): number {
    return uniform(this.#key, SITE, this.#drawn++);
  }

  /** An integer in [0, end). */
  below(end: number): number {
    return Math.floor(this.next() * end);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}
