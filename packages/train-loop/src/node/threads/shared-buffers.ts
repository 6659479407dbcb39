/** Most broadcasts in flight, which bounds how far the sender runs ahead. */
const MOST_IN_FLIGHT = 12;

/** Shared memory with an id: another thread sends back another object over the same memory. */
export interface NumberedBuffer {
  readonly id: number;
  readonly buffer: SharedArrayBuffer;
}

/** Pool of shared memory for broadcasts, reused when every receiver has copied it. */
export class SharedBuffers {
  readonly #free: NumberedBuffer[] = [];
  readonly #inFlight = new Map<number, { readonly numbered: NumberedBuffer; receivers: number }>();
  #made = 0;
  #wake: (() => void) | undefined;
  #failure: { readonly error: unknown } | undefined;

  /** Returns a buffer of at least `bytes` for a number of receivers; waits while too many are in flight. */
  async take(bytes: number, receivers: number): Promise<NumberedBuffer> {
    while (this.#inFlight.size >= MOST_IN_FLIGHT && this.#failure === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#failure !== undefined) throw this.#failure.error;
    const fits = this.#free.findIndex(
      ({ buffer }) => buffer.byteLength >= bytes && buffer.byteLength <= 2 * bytes,
    );
    const numbered =
      fits >= 0
        ? this.#free.splice(fits, 1)[0]!
        : { id: this.#made++, buffer: new SharedArrayBuffer(Math.max(bytes, 64)) };
    this.#inFlight.set(numbered.id, { numbered, receivers });
    return numbered;
  }

  /** Releases a buffer for one receiver. */
  release(id: number): void {
    const entry = this.#inFlight.get(id);
    if (entry === undefined || --entry.receivers > 0) return;
    this.#inFlight.delete(id);
    this.#free.push(entry.numbered);
    if (this.#free.length > MOST_IN_FLIGHT) this.#free.shift();
    this.#wake?.();
  }

  /** Rejects pending and later calls of `take`. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#wake?.();
  }
}
