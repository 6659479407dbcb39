/** Least numbers of a bucket: of 4 MB, a sum takes about as long a byte as of all gradients. */
const LEAST = 2 ** 20;

/** Returns the first index of each bucket, the last bucket first: variables of these sizes, from the end, until there are enough. */
export function bucketStarts(sizes: readonly number[], least: number = LEAST): number[] {
  let start = sizes.reduce((sum, size) => sum + size, 0);
  let end = start;
  const starts: number[] = [];
  for (const size of [...sizes].reverse()) {
    start -= size;
    if (end - start < least && start > 0) continue;
    starts.push(start);
    end = start;
  }
  return starts;
}

/**
 * Sums of gradients over ranks in buckets, of which each is begun as soon as it is final, after those behind it: in the same order on
 * all ranks, whenever it is.
 */
export class BucketSums {
  readonly #values: Float32Array;
  readonly #starts: readonly number[];
  readonly #sum: (values: Float32Array) => Promise<void>;
  readonly #begun: Promise<void>[] = [];
  readonly #ofModel: number;
  #end: number;

  /**
   * @param values - The gradients of a model's variables, then those of a task's own, which are summed at last.
   * @param ofModel - Number of the model's.
   * @param starts - First indices of the model's buckets, see {@link bucketStarts}.
   */
  constructor(
    values: Float32Array,
    ofModel: number,
    starts: readonly number[],
    sum: (values: Float32Array) => Promise<void>,
  ) {
    this.#values = values;
    this.#ofModel = ofModel;
    this.#end = ofModel;
    this.#starts = starts;
    this.#sum = sum;
  }

  /** Begins the model's buckets that lie behind `start`, from where on all of its numbers are final. */
  final(start: number): void {
    for (let next = this.#begun.length; next < this.#starts.length && this.#starts[next]! >= start; next++) {
      const first = this.#starts[next]!;
      this.#begin(this.#values.subarray(first, this.#end));
      this.#end = first;
    }
  }

  /** Sums what is left; resolves when all sums are there. */
  async finish(): Promise<void> {
    this.final(0);
    if (this.#ofModel < this.#values.length) this.#begin(this.#values.subarray(this.#ofModel));
    await Promise.all(this.#begun);
  }

  #begin(bucket: Float32Array): void {
    const sum = this.#sum(bucket);
    sum.catch(() => {}); // reported by `finish`
    this.#begun.push(sum);
  }
}
