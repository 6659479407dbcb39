/** How many broadcasts may be on their way: the sender runs ahead of those who still compute, but not far. */
const MOST_IN_FLIGHT = 12;

/** Shared memory for broadcasts, used again when every receiver has copied it out. */
export class SharedBuffers {
  readonly #free: SharedArrayBuffer[] = [];
  readonly #inFlight = new Map<SharedArrayBuffer, number>();
  #wake: (() => void) | undefined;
  #failure: { readonly error: unknown } | undefined;

  /** A buffer of at least so many bytes, for so many receivers; waits while too many are in flight. */
  async take(bytes: number, receivers: number): Promise<SharedArrayBuffer> {
    while (this.#inFlight.size >= MOST_IN_FLIGHT && this.#failure === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#failure !== undefined) throw this.#failure.error;
    const fits = this.#free.findIndex(({ byteLength }) => byteLength >= bytes && byteLength <= 2 * bytes);
    const buffer = fits >= 0 ? this.#free.splice(fits, 1)[0]! : new SharedArrayBuffer(Math.max(bytes, 64));
    this.#inFlight.set(buffer, receivers);
    return buffer;
  }

  /** One receiver is done with it. */
  release(buffer: SharedArrayBuffer): void {
    const left = (this.#inFlight.get(buffer) ?? 1) - 1;
    if (left > 0) {
      this.#inFlight.set(buffer, left);
      return;
    }
    this.#inFlight.delete(buffer);
    this.#free.push(buffer);
    if (this.#free.length > MOST_IN_FLIGHT) this.#free.shift();
    this.#wake?.();
  }

  /** Nobody will release any more: who waits, or takes one later, gets the error. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#wake?.();
  }
}
