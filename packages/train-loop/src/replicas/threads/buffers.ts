import { allocate, type Memory } from "../../communicator/memory.ts";

/** Most broadcasts in flight, which bounds how far the sender runs ahead. */
const MOST_IN_FLIGHT = 12;

/** Memory with an id: another thread sends back another object over the same memory. */
export interface NumberedBuffer {
  readonly id: number;
  readonly buffer: Memory;
}

/** Pool of memory for broadcasts, reused when every receiver has copied it: one for all if it is shared, else one for each. */
export class Buffers {
  readonly #isShared: boolean;
  readonly #free: NumberedBuffer[] = [];
  readonly #inFlight = new Map<number, { readonly numbered: NumberedBuffer; receivers: number }>();
  #made = 0;
  #most = MOST_IN_FLIGHT;
  #wake: (() => void) | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(isShared: boolean) {
    this.#isShared = isShared;
  }

  /** Returns copies of `values`, one for each of `receivers`, once fewer than the most are in flight. */
  async copies(values: Uint8Array, receivers: number): Promise<readonly NumberedBuffer[]> {
    const copies = this.#isShared ? 1 : receivers;
    this.#most = MOST_IN_FLIGHT * copies;
    while (this.#inFlight.size >= this.#most && this.#failure === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#failure !== undefined) throw this.#failure.error;
    const made = Array.from({ length: copies }, () => this.#take(values.length, receivers / copies));
    for (const { buffer } of made) new Uint8Array(buffer).set(values);
    return this.#isShared ? Array.from({ length: receivers }, () => made[0]!) : made;
  }

  #take(bytes: number, receivers: number): NumberedBuffer {
    const fits = this.#free.findIndex(
      ({ buffer }) => buffer.byteLength >= bytes && buffer.byteLength <= 2 * bytes,
    );
    const numbered =
      fits >= 0
        ? this.#free.splice(fits, 1)[0]!
        : { id: this.#made++, buffer: allocate(Math.max(bytes, 64), this.#isShared) };
    this.#inFlight.set(numbered.id, { numbered, receivers });
    return numbered;
  }

  /** Releases a buffer for one receiver, which gives its memory back if it was transferred. */
  release(id: number, returned?: ArrayBuffer): void {
    const entry = this.#inFlight.get(id);
    if (entry === undefined || --entry.receivers > 0) return;
    this.#inFlight.delete(id);
    this.#free.push(returned === undefined ? entry.numbered : { id, buffer: returned });
    if (this.#free.length > this.#most) this.#free.shift();
    this.#wake?.();
  }

  /** Rejects pending and later calls of `copies`. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#wake?.();
  }
}
