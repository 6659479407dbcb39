/** Steps that the estimate is of. */
const RECENT = 50;
/** Share of the slowest steps that do not count: a machine that slept, a checkpoint. */
const TRIMMED = 0.1;

/**
 * Estimates the time that a training still takes, from its last steps and its last validation.
 *
 * The first step does not count: threads start in it, and kernels are compiled. Of the last 50 steps the slowest tenth does not
 * count either.
 */
export class TimeLeft {
  readonly #now: () => number;
  readonly #steps: number[] = [];
  #at: number | undefined;
  #count = 0;
  #validation = 0;

  /** @param now - Milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Number of steps so far. */
  get steps(): number {
    return this.#count;
  }

  /** An epoch begins: the time before it is none of a step. */
  beginEpoch(): void {
    if (this.#at !== undefined) this.#at = this.#now();
  }

  endStep(): void {
    const now = this.#now();
    this.#count += 1;
    if (this.#at !== undefined) this.#steps.push(now - this.#at);
    if (this.#steps.length > RECENT) this.#steps.shift();
    this.#at = now;
  }

  /** After the validation. */
  endEpoch(): void {
    if (this.#at !== undefined) this.#validation = this.#now() - this.#at;
  }

  /** Milliseconds for so many steps, and so many validations; `undefined` before the second step. */
  left(steps: number, validations: number): number | undefined {
    if (this.#steps.length === 0) return undefined;
    const sorted = [...this.#steps].sort((a, b) => a - b);
    const kept = sorted.slice(0, Math.ceil(sorted.length * (1 - TRIMMED)));
    const mean = kept.reduce((sum, one) => sum + one, 0) / kept.length;
    return mean * steps + this.#validation * validations;
  }
}
