import { type Buffer, type RecordedBackend, TENSOR_USAGE } from "../recorded-backend.ts";

const pools = new WeakMap<RecordedBackend["device"], BufferPool>();

/**
 * The buffers that all recorded steps of a device share: for inputs, which each run writes anew, and for what a step makes and has no
 * use for when it has ended. The device runs one step after the other, in the order of their submission.
 */
export class BufferPool {
  readonly #device: RecordedBackend["device"];
  /** Number of steps that use each buffer. */
  readonly #users = new Map<Buffer, number>();

  private constructor(device: RecordedBackend["device"]) {
    this.#device = device;
  }

  static of({ device }: RecordedBackend): BufferPool {
    const pool = pools.get(device) ?? new BufferPool(device);
    pools.set(device, pool);
    return pool;
  }

  /** Buffers for one step, of these sizes or larger, from the largest on the smallest that fits, or a new one. */
  take(sizes: readonly number[]): Buffer[] {
    const free = [...this.#users.keys()].sort((a, b) => a.size - b.size);
    const order = sizes.map((_, i) => i).sort((a, b) => sizes[b]! - sizes[a]!);
    const taken: Buffer[] = [];
    for (const i of order) {
      const at = free.findIndex(({ size }) => size >= sizes[i]!);
      const [buffer = this.#device.createBuffer({ size: sizes[i]!, usage: TENSOR_USAGE })] =
        at < 0 ? [] : free.splice(at, 1);
      this.#users.set(buffer, (this.#users.get(buffer) ?? 0) + 1);
      taken[i] = buffer;
    }
    return taken;
  }

  /** Takes buffers of a step back, and frees those that no other step uses. */
  release(buffers: readonly Buffer[]): void {
    for (const buffer of buffers) {
      const users = this.#users.get(buffer)! - 1;
      if (users > 0) {
        this.#users.set(buffer, users);
        continue;
      }
      this.#users.delete(buffer);
      buffer.destroy();
    }
  }
}
