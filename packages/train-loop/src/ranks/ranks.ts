import type { RankShare } from "sample-keys";
import { broadcastJson, ROOT } from "../communicator/broadcast-json.ts";
import type { Buffered, Communicator } from "../communicator/communicator.ts";

/**
 * The programs of a run, each a rank of a communicator, as they speak with each other during the run; without a communicator one
 * rank, for which all of it is free. All ranks call the same methods in the same order.
 */
export class Ranks {
  readonly share: RankShare;
  readonly #communicator: Communicator | undefined;
  readonly #own: AbortSignal | undefined;
  readonly #all = new AbortController();

  /** @param signal - Signal that tells this rank to stop. */
  constructor(communicator: Communicator | undefined, signal: AbortSignal | undefined) {
    const { rank = ROOT, size = 1 } = communicator ?? {};
    this.share = { rank, size };
    this.#communicator = size > 1 ? communicator : undefined;
    this.#own = signal;
  }

  /** Whether this rank calls back, logs and saves. */
  get isRoot(): boolean {
    return this.share.rank === ROOT;
  }

  /** Signal that all ranks get after the same pass, once any of them has been told to stop. */
  get signal(): AbortSignal | undefined {
    return this.#communicator === undefined ? this.#own : this.#all.signal;
  }

  /** Sums gradients, which a communicator may compress. Sums that are begun one after the other are done in this order. */
  async sumGradients(values: Float32Array): Promise<void> {
    await this.#communicator?.allreduce(values);
  }

  /** Sums the other results of a pass, and whether a rank is to stop. */
  async sumOthers(values: Float32Array): Promise<void> {
    if (this.#communicator === undefined) return;
    const more = new Float32Array(values.length + 1);
    more.set(values);
    more[values.length] = this.#own?.aborted ? 1 : 0;
    await this.#communicator.allreduce(more);
    values.set(more.subarray(0, values.length));
    if (more[values.length]! > 0) this.#all.abort(this.#own?.aborted ? this.#own.reason : stoppedElsewhere());
  }

  /** Returns the sums of each rank's numbers, which are rounded to float32. */
  async sums(numbers: readonly number[]): Promise<number[]> {
    if (this.#communicator === undefined) return [...numbers];
    const values = Float32Array.from(numbers);
    await this.#communicator.allreduce(values);
    return [...values];
  }

  /** Returns rank 0's value, as plain data. */
  async fromRoot<T>(value: T): Promise<T> {
    return this.#communicator === undefined ? value : broadcastJson(this.#communicator, value);
  }

  /** Replaces values by rank 0's. */
  async broadcast(values: Buffered): Promise<void> {
    await this.#communicator?.broadcast(values, ROOT);
  }

  /** Resolves when all ranks have called it. */
  async barrier(): Promise<void> {
    await this.#communicator?.barrier();
  }

  /** Throws a RangeError that names the first of the settings that is not rank 0's. */
  async requireEqual(caller: string, settings: Readonly<Record<string, string>>): Promise<void> {
    const there = await this.fromRoot(settings);
    for (const name of new Set([...Object.keys(there), ...Object.keys(settings)])) {
      if (there[name] === settings[name]) continue;
      throw new RangeError(
        `${caller}: rank ${this.share.rank} must train as rank 0 does: ${name} is ${settings[name] ?? "not given"}, there ${there[name] ?? "not given"}`,
      );
    }
  }
}

function stoppedElsewhere(): DOMException {
  return new DOMException("fit: stopped, as another rank was told to", "AbortError");
}
