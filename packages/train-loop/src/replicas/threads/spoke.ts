import { type Buffered, bytesOf, type Communicator } from "../../communicator/communicator.ts";
import { allocate, canShareMemory, type Memory } from "../../communicator/memory.ts";
import { Inbox } from "./inbox.ts";
import { type Message, requireBytes, type Send } from "./messages.ts";

/** Communicator of a thread, connected to a `Hub`. */
export class Spoke implements Communicator {
  readonly rank: number;
  readonly size: number;
  readonly #send: Send;
  readonly #isShared: boolean;
  readonly #inbox = new Inbox();
  #part: Memory;
  /** Ends with the last sum: all use the same memory. */
  #turn: Promise<void> = Promise.resolve();

  /** @param isShared - Whether values are sent in shared memory. Default: where threads may share it. */
  constructor(rank: number, size: number, send: Send, isShared: boolean = canShareMemory()) {
    this.rank = rank;
    this.size = size;
    this.#send = send;
    this.#isShared = isShared;
    this.#part = allocate(0, isShared);
  }

  deliver(message: Message): void {
    this.#inbox.deliver(message);
  }

  async broadcast(values: Buffered, root: number): Promise<void> {
    const own = bytesOf(values);
    if (root === this.rank) {
      const buffer = allocate(own.length, this.#isShared);
      new Uint8Array(buffer).set(own);
      this.#send({ kind: "broadcast", buffer, bytes: own.length, id: 0 });
      await this.#inbox.next("received");
      return;
    }
    const { buffer, bytes, id } = await this.#inbox.next("broadcast");
    requireBytes("broadcast", own.length, bytes);
    own.set(new Uint8Array(buffer, 0, bytes));
    this.#send({ kind: "received", id, ...(buffer instanceof ArrayBuffer && { buffer }) });
  }

  allreduce(values: Float32Array): Promise<void> {
    const sum = this.#turn.then(() => this.#sum(values));
    this.#turn = sum.catch(() => {});
    return sum;
  }

  async #sum(values: Float32Array): Promise<void> {
    const bytes = values.byteLength;
    if (this.#part.byteLength < bytes) this.#part = allocate(bytes, this.#isShared);
    new Float32Array(this.#part, 0, values.length).set(values);
    this.#send({ kind: "allreduce", buffer: this.#part, bytes });
    const { buffer } = await this.#inbox.next("allreduce");
    this.#part = buffer;
    values.set(new Float32Array(buffer, 0, values.length));
  }

  async barrier(): Promise<void> {
    this.#send({ kind: "barrier" });
    await this.#inbox.next("barrier");
  }
}
