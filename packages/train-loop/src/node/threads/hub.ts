import { type Buffered, bytesOf, type Communicator } from "../../replicas/communicator.ts";
import { Inbox, type Message } from "./messages.ts";
import { SharedBuffers } from "./shared-buffers.ts";

/** Communicator of rank 0, through which all threads communicate. */
export class Hub implements Communicator {
  readonly rank = 0;
  readonly size: number;
  readonly #send: readonly ((message: Message) => void)[];
  readonly #inboxes: readonly Inbox[];
  readonly #buffers = new SharedBuffers();
  #sum = new SharedArrayBuffer(0);

  /** @param send - Functions that send to the threads with rank 1, 2, … */
  constructor(send: readonly ((message: Message) => void)[]) {
    this.size = send.length + 1;
    this.#send = send;
    this.#inboxes = send.map(() => new Inbox());
  }

  /** Receives a message from a thread. */
  deliver(rank: number, message: Message): void {
    if (message.kind === "received") this.#buffers.release(message.id);
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
    const { id, buffer } = await this.#buffers.take(own.length, receivers.length);
    new Uint8Array(buffer).set(own);
    for (const send of receivers) send({ kind: "broadcast", buffer, bytes: own.length, id });
  }

  async allreduce(values: Float32Array): Promise<void> {
    const bytes = values.byteLength;
    const parts = await Promise.all(this.#inboxes.map((inbox) => inbox.next("allreduce")));
    for (const part of parts) {
      requireBytes("allreduce", bytes, part.bytes);
      const more = new Float32Array(part.buffer, 0, values.length);
      for (let i = 0; i < values.length; i++) values[i]! += more[i]!;
    }
    // All ranks have copied the last sum: otherwise they would not have called this.
    if (this.#sum.byteLength < bytes) this.#sum = new SharedArrayBuffer(bytes);
    new Float32Array(this.#sum).set(values);
    for (const send of this.#send) send({ kind: "allreduce", buffer: this.#sum, bytes });
  }

  async barrier(): Promise<void> {
    await Promise.all(this.#inboxes.map((inbox) => inbox.next("barrier")));
    for (const send of this.#send) send({ kind: "barrier" });
  }
}

export function requireBytes(operation: string, expected: number, got: number): void {
  if (got !== expected) {
    throw new RangeError(
      `Communicator.${operation}: every rank must give as many bytes, got ${expected} and ${got}`,
    );
  }
}
