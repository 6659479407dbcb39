import { type Buffered, bytesOf, type Communicator } from "../../replicas/communicator.ts";
import { requireBytes } from "./hub.ts";
import { Inbox, type Message } from "./messages.ts";

/** Communicator of a thread, connected to a {@link Hub}. */
export class Spoke implements Communicator {
  readonly rank: number;
  readonly size: number;
  readonly #send: (message: Message) => void;
  readonly #inbox = new Inbox();
  #part = new SharedArrayBuffer(0);

  constructor(rank: number, size: number, send: (message: Message) => void) {
    this.rank = rank;
    this.size = size;
    this.#send = send;
  }

  deliver(message: Message): void {
    this.#inbox.deliver(message);
  }

  async broadcast(values: Buffered, root: number): Promise<void> {
    const own = bytesOf(values);
    if (root === this.rank) {
      const buffer = new SharedArrayBuffer(own.length);
      new Uint8Array(buffer).set(own);
      this.#send({ kind: "broadcast", buffer, bytes: own.length, id: 0 });
      await this.#inbox.next("received");
      return;
    }
    const { buffer, bytes, id } = await this.#inbox.next("broadcast");
    requireBytes("broadcast", own.length, bytes);
    own.set(new Uint8Array(buffer, 0, bytes));
    this.#send({ kind: "received", id });
  }

  async allreduce(values: Float32Array): Promise<void> {
    const bytes = values.byteLength;
    if (this.#part.byteLength < bytes) this.#part = new SharedArrayBuffer(bytes);
    new Float32Array(this.#part).set(values);
    this.#send({ kind: "allreduce", buffer: this.#part, bytes });
    const { buffer } = await this.#inbox.next("allreduce");
    values.set(new Float32Array(buffer, 0, values.length));
  }

  async barrier(): Promise<void> {
    this.#send({ kind: "barrier" });
    await this.#inbox.next("barrier");
  }
}
