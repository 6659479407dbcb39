import { type Buffered, bytesOf, type Communicator } from "../../communicator/communicator.ts";
import { canShareMemory } from "../../communicator/memory.ts";
import { Buffers } from "./buffers.ts";
import { Inbox } from "./inbox.ts";
import { type Message, requireBytes, type Send } from "./messages.ts";

/** Communicator of rank 0, through which all threads communicate. */
export class Hub implements Communicator {
  readonly rank = 0;
  readonly size: number;
  readonly #send: readonly Send[];
  readonly #inboxes: readonly Inbox[];
  readonly #buffers: Buffers;

  /**
   * @param send - Functions that send to the threads with rank 1, 2, …
   * @param isShared - Whether broadcasts are in shared memory. Default: where threads may share it.
   */
  constructor(send: readonly Send[], isShared: boolean = canShareMemory()) {
    this.size = send.length + 1;
    this.#send = send;
    this.#inboxes = send.map(() => new Inbox());
    this.#buffers = new Buffers(isShared);
  }

  /** Receives a message from a thread. */
  deliver(rank: number, message: Message): void {
    if (message.kind === "received") this.#buffers.release(message.id, message.buffer);
    else this.#inboxes[rank - 1]!.deliver(message);
  }

  /** Rejects pending and later operations, after a thread has ended. */
  fail(error: unknown): void {
    for (const inbox of this.#inboxes) inbox.fail(error);
    this.#buffers.fail(error);
  }

  async broadcast(values: Buffered, root: number): Promise<void> {
    const own = bytesOf(values);
    if (root !== this.rank) {
      const { buffer, bytes, id } = await this.#inboxes[root - 1]!.next("broadcast");
      requireBytes("broadcast", own.length, bytes);
      own.set(new Uint8Array(buffer, 0, bytes));
      this.#send[root - 1]!({ kind: "received", id });
    }
    const receivers = this.#send.filter((_, i) => i + 1 !== root);
    if (receivers.length === 0) return;
    const copies = await this.#buffers.copies(own, receivers.length);
    receivers.forEach((send, i) => {
      send({ kind: "broadcast", bytes: own.length, ...copies[i]! });
    });
  }

  async allreduce(values: Float32Array): Promise<void> {
    const bytes = values.byteLength;
    const parts = await Promise.all(this.#inboxes.map((inbox) => inbox.next("allreduce")));
    for (const part of parts) {
      requireBytes("allreduce", bytes, part.bytes);
      const more = new Float32Array(part.buffer, 0, values.length);
      for (let i = 0; i < values.length; i++) values[i]! += more[i]!;
    }
    parts.forEach(({ buffer }, i) => {
      new Float32Array(buffer, 0, values.length).set(values);
      this.#send[i]!({ kind: "allreduce", buffer, bytes });
    });
  }

  async barrier(): Promise<void> {
    await Promise.all(this.#inboxes.map((inbox) => inbox.next("barrier")));
    for (const send of this.#send) send({ kind: "barrier" });
  }
}
